"""What is claimed: from YAML files to checked experiments and claims.

schema        what a registry may say                mistakes    place, problem, way out
document      strict YAML with positions             validation  pydantic's errors in words
loader        files to one registry: `load`          loaded      what `load` returns
grid          conditions and groups of them          names       dotted names, to files; syntax: their trees
checks        do entries and code fit together? `check`: experiment_checks, claim_checks, tier_checks, foresight
evidence      which source a claim uses              lookup      what the checks look up, each found once
coverage      what a seal covers, the definitions that functions reach: parts (statements, code_text), modules (what is
              loaded), meanings (of names; data_files), acting (what importing does; import_time); sealable: the rest
"""
