"""The law of the box, a rival, and a limit in units of its own."""


def level(setting, given):
    return given["level"]


def twice(setting, given):
    return 2 * given["level"]


def scale(setting, given):
    return given["scale"]
