"""What functions reach, by planting modules and changing one place at a time."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from predictions.data import chinchilla, fetching
from runners.registry import grid
from runners.registry.coverage import Code, Coverage
from runners.registry.loader import load
from runners.registry.names import ROOT, UnresolvedName, importable, own_file


class Planted:
    """Modules in a folder, and what `law.f` of them reaches."""

    def __init__(self, folder: Path):
        self.folder = folder

    def write(self, **modules: str) -> Planted:
        """By dotted name with `__` for the dot: `pack____init__` is pack/__init__.py."""
        for name, text in modules.items():
            file = self.folder / f"{name.replace('__', '/', 1) if not name.startswith('__') else name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text))
        return self

    @property
    def covered(self) -> Coverage:
        return Code([str(self.folder)]).coverage({"predicted": "law:f"})

    @property
    def digest(self) -> str:
        return self.covered.digest

    def notices(self, module: str, old: str, new: str) -> bool:
        """Whether the digest changes with this text of a module, which is put back."""
        file = self.folder / module
        text, before = file.read_text(), self.digest
        assert old in text
        file.write_text(text.replace(old, new, 1))
        after = self.digest
        file.write_text(text)
        assert self.digest == before
        return after != before


@pytest.fixture
def planted(tmp_path) -> Planted:
    return Planted(tmp_path)


# --- a change of what is reached is noticed, of what lies beside it is not ------------------------------------------

# What stands before `def f(s, g): return ...`, and what it returns; or the whole text.
REACHED: dict[str, tuple[str, str | None]] = {
    "a function": ("", "1234"),
    "a function that it calls": ("def h():\n    return 1234\n", "h()"),
    "a default argument": ("def f(s, g, k=1234):\n    return k\n", None),
    "a constant in a default argument": ("K = 1234\ndef f(s, g, k=K):\n    return k\n", None),
    "a constant": ("K = 1234\n", "K"),
    "an annotated constant": ("K: int = 1234\n", "K"),
    "one of several constants in a tuple": ("J, (K, L) = 1, (1234, 3)\n", "L"),
    "a constant that is starred": ("J, *K = 1234, 2, 3\n", "K"),
    "a constant of a constant": ("J = 1234\nK = [J]\n", "K"),
    "a constant that is changed in place": ("K = 1\nK += 1234\n", "K"),
    "a constant that is bound again": ("K = 1234\nK = K + 1\n", "K"),
    "a walrus": ("print(K := 1234)\n", "K"),
    "a walrus in a comprehension": ("[K := x for x in [1234]]\n", "K"),
    "a table of functions": ("def h():\n    return 1234\nT = {'h': h}\n", "T[s]()"),
    "an entry that a table gets later": ("T = {}\nT['h'] = 1234\n", "T[s]"),
    "an entry that a method adds": ("T = {}\nT.update(h=1234)\n", "T[s]"),
    "what a decorator registers": (
        "T = {}\ndef keep(h):\n    T[h.__name__] = h\n    return h\n@keep\ndef h():\n    return 1234\n",
        "T[s]()",
    ),
    "a decorator": ("def twice(h):\n    return lambda *a: 1234 * h(*a)\n@twice\n", "1"),
    "a decorator's argument": ("import functools\nK = 1234\n@functools.lru_cache(K)\n", "1"),
    "a method": ("class C:\n    def m(self):\n        return 1234\n", "C().m()"),
    "a method of a base class": ("class B:\n    def m(self):\n        return 1234\nclass C(B):\n    pass\n", "C().m()"),
    "a class's attribute": ("class C:\n    k = 1234\n", "C.k"),
    "a constant in a class's body": ("K = 1234\nclass C:\n    k = K\n", "C.k"),
    "a name that a class's body binds only later": ("k = 1234\nclass C:\n    j = k\n    k = 0\n", "C.j"),
    "a method that importing calls in a comprehension": (
        "import numpy\nclass C:\n    def copy(self):\n        numpy.seterr(all=1234)\nT = [c.copy() for c in [C()]]\n",
        "1",
    ),
    "a method that importing calls of an entry": (
        "import numpy\nclass C:\n    def copy(self):\n        numpy.seterr(all=1234)\nT = [C()]\nU = T[0].copy()\n",
        "1",
    ),
    "what a library is told of a class": (
        "from collections import abc\nclass C:\n    k = 1234\nK = abc.Sequence.register(C)\n",
        "isinstance(s, abc.Sequence)",
    ),
    "a metaclass": ("class M(type):\n    def k(cls):\n        return 1234\nclass C(metaclass=M):\n    pass\n", "C.k()"),
    "a class's decorator": ("def d(c):\n    c.k = 1234\n    return c\n@d\nclass C:\n    pass\n", "C.k"),
    "a field's default": ("from typing import NamedTuple\nclass C(NamedTuple):\n    k: int = 1234\n", "C().k"),
    "the order of fields": (
        "from __future__ import annotations\nfrom typing import NamedTuple\n"
        "class C(NamedTuple):\n    j: int\n    k: list[1234]\n",
        "C(1, 2).k",
    ),
    "one branch of a condition": ("if s := 1:\n    K = 1\nelse:\n    K = 1234\n", "K"),
    "a fallback": ("try:\n    import nothing as K\nexcept ImportError:\n    K = 1234\n", "K"),
    "a loop": ("K = []\nfor k in [1234]:\n    K += [k]\n", "K"),
    "a context": ("import io\nwith io.StringIO(str(1234)) as K:\n    pass\n", "K"),
    "a match": ("match [1234]:\n    case [K]:\n        pass\n", "K"),
    "a lambda": ("h = lambda: 1234\n", "h()"),
    "a function in a function": ("def f(s, g):\n    def h():\n        return 1234\n    return h()\n", None),
    "a comprehension's first iterable": ("k = [1234]\n", "[k for k in k]"),
    "a global in a function": ("K = 1234\ndef f(s, g):\n    global K\n    K += 1\n    return K\n", None),
    "an annotation that is evaluated": ("K = 1234\ndef f(s: [K], g):\n    return f.__annotations__['s']\n", None),
    "an annotation that a decorator reads": (
        "from __future__ import annotations\nfrom beartype import beartype\n"
        "@beartype\ndef f(s: list[1234], g):\n    return 1\n",
        None,
    ),
    "a docstring that is read": ('def h():\n    """1234"""\n', "len(h.__doc__)"),
    "the module's docstring": ('"""1234"""\n', "len(__doc__)"),
    "a docstring that is read by its name": ('def h():\n    """1234"""\n', 'getattr(h, "__doc__")'),
    "an option that importing sets": ("import numpy\nnumpy.seterr(all=1234)\n", "1"),
    "an option that an assignment sets": ("import numpy\nOLD = numpy.seterr(all=1234)\n", "1"),
    "an option set in a default": ("import numpy\ndef h(k=numpy.seterr(all=1234)):\n    pass\n", "1"),
    "an option set in a class's body": ("import numpy\nclass C:\n    numpy.seterr(all=1234)\n", "1"),
    "an option set under a condition": ("import numpy\nif True:\n    numpy.seterr(all=1234)\n", "1"),
    "an attribute of another library": ("import numpy\nnumpy.pi = 1234\n", "1"),
    "a name that is deleted": ("import numpy\ndel numpy.pi1234\n", "1"),
    "a function of its own that importing runs": ("import numpy\ndef h():\n    numpy.seterr(all=1234)\nK = h()\n", "1"),
    "a subclass that its base keeps": (
        "import numpy\nclass B:\n    def __init_subclass__(cls):\n        numpy.seterr(all=cls.k)\n"
        "class C(B):\n    k = 1234\n",
        "1",
    ),
    "a library imported for what it does": ("import patched_1234\n", "1"),
    "what globals() finds": ("def h():\n    return 1234\n", "globals()[s]()"),
    "what eval finds": ("def h():\n    return 1234\n", "eval(s)"),
    "what vars() finds": ("def h():\n    return 1234\nT = [vars()[k] for k in ['h']]\n", "T"),
    "what sys.modules finds": ("import sys\ndef h():\n    return 1234\n", "sys.modules['law'].h()"),
    "what a function's globals hold": ("def h():\n    return 1234\n", "f.__globals__[s]()"),
    "subclasses that are looked up": (
        "class B:\n    pass\nclass C(B):\n    k = 1234\n",
        "[c.k for c in B.__subclasses__()]",
    ),
    "a name that nobody visibly binds": ("def h():\n    return 1234\n", "conjured()"),
    "an alias of a builtin": ("def max(*a):\n    return 1234\n", "max(1, 2)"),
}


@pytest.mark.parametrize("what", REACHED)
def test_a_change_of_what_is_reached_is_noticed(planted, what):
    before, returned = REACHED[what]
    planted.write(law=before if returned is None else f"{before}def f(s, g):\n    return {returned}\n")
    assert planted.notices("law.py", "1234", "5678")


BESIDE = {
    "a function": "def h():\n    return 1234\n",
    "a function that is called the same as a parameter": "def s():\n    return 1234\n",
    "a function that is called as a local variable": "def local():\n    return 1234\n",
    "a function that is called as a variable of a comprehension": "def item():\n    return 1234\n",
    "a function that is called as what a function imports": "def sqrt():\n    return 1234\n",
    "a function that is called as a method": "def m():\n    return 1234\n",
    "a function that is called as an attribute": "def imag():\n    return 1234\n",
    "a function that is called as a keyword": "def initial():\n    return 1234\n",
    "a constant": "J = 1234\n",
    "a constant that numpy makes": "import numpy as np\nJ = np.linspace(0, 1, 1234)\nJ2 = J.sum()\n",
    "a table": "J = {'a': 1234}\n",
    "a class": "class D:\n    k = 1234\n    def m(self):\n        return 1234\n",
    "a record and one of it": "from typing import NamedTuple\nclass D(NamedTuple):\n    k: int\nJ = D(1234)\n",
    "a class that inherits": "class D(Exception):\n    k = 1234\nclass E(D):\n    pass\n",
    "a compiled function": (
        "import jax\nfrom functools import partial\n@partial(jax.jit, static_argnames='k')\ndef h(k=1234):\n    pass\n"
    ),
    "an import that is used beside": "import scipy.special\ndef h():\n    return scipy.special.erf(1234)\n",
    "a docstring": '"""1234"""\n',
    "a comment": "# 1234\n",
    "a table that grows": "J = {'a': 1234}\nJ |= {'b': 2}\n",
    "a condition of definitions": "if 1 > 0:\n    J = 1234\n",
}
LAW = '''
from __future__ import annotations


class C:
    """Of interest."""

    def m(self):
        return 1


def f(s: float, g) -> float:
    """A law."""
    from math import sqrt

    local: int = s  # a local variable
    return sum([item for item in [local]], start=0) + C().m() + sqrt(1) + (1j).imag + h2(initial=2)


def h2(initial):
    return initial
'''


@pytest.mark.parametrize("what", BESIDE)
def test_what_lies_beside_counts_for_nothing(planted, what):
    before = planted.write(law=LAW).digest
    planted.write(law=LAW + "\n" + BESIDE[what])
    assert planted.digest == before
    assert not planted.notices("law.py", "1234", "1 + 1")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""A law."""', '"""The law."""'),
        ('    """Of interest."""\n', ""),
        ("  # a local variable", ""),
        ("sum([item for item in [local]], start=0)", "sum(\n        [item for item in [local]], start=0,\n    )"),
        ("s: float", "s"),
        (") -> float", ") -> int"),
        ("local: int", "local: float"),
        ("return 1\n", "return 0x1\n"),
    ],
)
def test_words_layout_and_annotations_count_for_nothing(planted, old, new):
    planted.write(law=LAW)
    assert not planted.notices("law.py", old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return 1", "return 1.0"),
        ("start=0", "start=False"),
        ("h2(initial)", "h2(initial, *more)"),
        ("(1j)", "(2j)"),
        ("class C:", "class C(Exception):"),
    ],
)
def test_every_change_of_code_counts(planted, old, new):
    planted.write(law=LAW)
    assert planted.notices("law.py", old, new)


# --- other modules ----------------------------------------------------------------------------------------------------

WAYS = {
    "import part\n": "part.h()",
    "import part as p\n": "p.h()",
    "from part import h\n": "h()",
    "from part import h as k\n": "k()",
    "import pack.deep\n": "pack.deep.h()",
    "import pack.deep as p\n": "p.h()",
    "from pack import deep\n": "deep.h()",
    "from pack import deep as d\n": "d.h()",
    "from pack.deep import h\n": "h()",
    "from pack import shown\n": "shown()",
    "from pack import again\n": "again.h()",
    "import pack\n": "pack.shown()",
    "import bare.deep\n": "bare.deep.h()",
    "from bare import deep\n": "deep.h()",
    "from bare.deep import h\n": "h()",
    "try:\n    from part import h\nexcept ImportError:\n    from pack.deep import h\n": "h()",
    "if True:\n    from part import h\n": "h()",
}
MODULES = {
    "part": "def h():\n    return 1234\ndef beside():\n    return 9999\n",
    "pack__deep": "def h():\n    return 1234\ndef beside():\n    return 9999\n",
    "pack____init__": "from .deep import h as shown\nfrom . import deep as again\n",
    "bare__deep": "def h():\n    return 1234\ndef beside():\n    return 9999\n",
}


@pytest.mark.parametrize("within", [False, True], ids=["at the top", "in the function"])
@pytest.mark.parametrize("statement", WAYS)
def test_what_is_imported_counts_in_whatever_way_and_alone(planted, statement, within):
    body = f"def f(s, g):\n    return {WAYS[statement]}\n"
    if within:
        inside = "".join(f"    {line}\n" for line in statement.splitlines())
        planted.write(law=f"def f(s, g):\n{inside}    return {WAYS[statement]}\n", **MODULES)
    else:
        planted.write(law=f"{statement}\n{body}", **MODULES)
    every = ("part.py", "pack/deep.py", "bare/deep.py")
    files = [file for file in every if planted.notices(file, "1234", "5678")]
    assert files == ["part.py", "pack/deep.py"] if "except" in statement else len(files) == 1
    assert not any(planted.notices(file, "9999", "5678") for file in every)
    assert not planted.covered.whole


OBJECTS = {
    "getattr": ("import part\n", "getattr(part, s)()"),
    "an argument": ("import part\n", "sorted([part])"),
    "vars": ("import part\n", "vars(part)[s]()"),
    "its __dict__": ("import part\n", "part.__dict__[s]()"),
    "a table": ("import part\nT = {'p': part}\n", "T[s].h()"),
    "another name": ("import part\np = part\n", "p.h()"),
    "a star": ("from part import *\n", "h()"),
    "a star that hides a builtin": ("from part import *\n", "max(1, 2)"),
    "a name that it makes up": ("import part\n", "part.made_up()"),
    "its name": ("import importlib\n", "importlib.import_module('part').h()"),
    "its name in __import__": ("", "__import__('part').h()"),
    "reload": ("import importlib\nimport part\n", "importlib.reload(part).h()"),
}


@pytest.mark.parametrize("within", [False, True], ids=["at the top", "in the function"])
@pytest.mark.parametrize("what", OBJECTS)
def test_a_module_that_is_looked_into_when_the_code_runs_counts_whole(planted, what, within):
    statement, call = OBJECTS[what]
    if within and "*" in statement:
        pytest.skip("Python allows no star there")
    if within:
        inside = "".join(f"    {line}\n" for line in statement.splitlines())
        planted.write(law=f"def f(s, g):\n{inside}    return {call}\n")
    else:
        planted.write(law=f"{statement}\ndef f(s, g):\n    return {call}\n")
    planted.write(part="import below\ndef h():\n    return 1\ndef beside():\n    return 1234\n", below="K = 1234\n")
    assert planted.notices("part.py", "1234", "5678")
    assert planted.notices("below.py", "1234", "5678")  # `part.below.K` can be reached, too
    assert planted.notices("part.py", "def beside", "def h2():\n    return 1\ndef beside")
    assert {"part", "below"} <= planted.covered.whole.keys()


def test_a_module_with_a_getattr_of_its_own_is_asked_through_it(planted):
    planted.write(law="from part import made_up\ndef f(s, g):\n    return made_up\n")
    planted.write(part="def __getattr__(name):\n    return 1234\n")
    assert planted.notices("part.py", "1234", "5678")


@pytest.mark.parametrize(
    "text",
    [
        "import numpy\nnumpy.seterr(all='1234')\n",
        "import part\npart.h = lambda: 1234\n",
        "from part import T\nT['h'] = 1234\n",
        "from part import T\nU = T\nU += [1234]\n",
        "from part import keep\n@keep\ndef h2():\n    return 1234\n",
        "from part import keep\nOLD = keep(lambda: 1234)\n",
    ],
)
@pytest.mark.parametrize("importing", ["import acting\n", "def g2():\n    import acting\n"])
def test_what_a_module_does_on_import_counts_for_everybody_who_loads_it(planted, text, importing):
    planted.write(law=f"{importing}\nfrom part import h\ndef f(s, g):\n    return h()\n", acting=text)
    planted.write(part="T = []\ndef keep(h):\n    T.append(h)\ndef h():\n    return len(T)\n")
    assert planted.notices("acting.py", "1234", "5678")
    assert [part.module.name for part in planted.covered.acting] == ["acting"]


def test_the_order_of_what_importing_does_counts(planted):
    planted.write(
        law="import a\nimport b\ndef f(s, g):\n    return b.K\n",
        a="import numpy\nnumpy.seterr(all='raise')\n",
        b="import numpy as np\nK = np.array([1]) / 0\n",
    )
    assert planted.notices("law.py", "import a\nimport b\n", "import b\nimport a\n")


def test_the_order_counts_where_a_name_is_bound_again(planted):
    planted.write(law="A = 1\nA = 2\nB = A\ndef f(s, g):\n    return B\n")
    assert planted.notices("law.py", "A = 2\nB = A\n", "B = A\nA = 2\n")
    planted.write(law="def h():\n    pass\ndef f(s, g):\n    return h()\n")
    assert not planted.notices(
        "law.py",
        planted.folder.joinpath("law.py").read_text(),
        "def f(s, g):\n    return h()\ndef h():\n    pass\n",
    )


def test_which_of_two_functions_is_meant_counts(planted):
    planted.write(
        law="from a import h\nfrom b import h as k\ndef f(s, g):\n    return h() + k()\n",
        a="def h():\n    return 1\n",
        b="def h():\n    return 2\n",
    )
    assert planted.notices("law.py", "from a import h\nfrom b import h as k", "from b import h\nfrom a import h as k")


def test_what_is_moved_to_another_module_stays_what_it_is(planted):
    planted.write(law="from a import h\ndef f(s, g):\n    return h()\n", a="K = 1\ndef h():\n    return K\n")
    before = planted.digest
    planted.write(law="from pack.b import h\ndef f(s, g):\n    return h()\n", pack____init__="")
    planted.write(pack__b="from pack.c import K\ndef h():\n    return K\n", pack__c="K = 1\n")
    (planted.folder / "a.py").unlink()
    assert planted.digest == before
    planted.write(pack__c="K = 1\ndef __getattr__(name):\n    pass\n")
    assert planted.digest == before


def test_a_name_that_two_modules_import_from_each_other_leads_nowhere(planted):
    planted.write(law="from other import h\ndef f(s, g):\n    return h()\n", other="from law import h\n")
    assert planted.digest


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "from pathlib import Path\ndef f(s, g):\n    return Path(__file__).with_name('runs.csv').read_text()\n",
        "from pathlib import Path\nRUNS = Path(__file__).parent / 'runs.csv'\n"
        "def f(s, g):\n    return RUNS.read_text()\n",
        "from pathlib import Path\nHERE = Path(__file__).resolve().parents[0]\n"
        "def f(s, g):\n    return (HERE / s).read_text()\n",
        "from pathlib import Path\nHERE = Path(__file__)\ndef f(s, g):\n    return HERE.with_name(s).read_text()\n",
        "import os\ndef f(s, g):\n    return open(os.path.join(os.path.dirname(__file__), 'runs.csv')).read()\n",
        "from importlib.resources import files\n"
        "def f(s, g):\n    return files(__package__).joinpath('runs.csv').read_text()\n",
        "import importlib.resources\ndef f(s, g):\n    return (importlib.resources.files(__name__) / s).read_text()\n",
    ],
)
def test_a_file_that_code_names_by_its_own_place_counts_by_its_content(planted, text):
    planted.write(law=text)
    runs = planted.folder / "runs.csv"
    absent = planted.digest
    runs.write_text("1, 2\n")
    present = planted.digest
    assert list(planted.covered.files) == [runs]
    runs.write_text("1, 3\n")
    assert len({absent, present, planted.digest}) == 3
    runs.write_text("1, 2\n")
    assert planted.digest == present


def test_files_beside_the_code_that_it_does_not_name_count_for_nothing(planted):
    planted.write(law="def f(s, g):\n    return 1\n")
    before = planted.digest
    (planted.folder / "runs.csv").write_text("1, 2\n")
    assert planted.digest == before


def test_a_compiled_module_counts_by_its_content(planted):
    from importlib.machinery import EXTENSION_SUFFIXES

    planted.write(law="from pack import fast\ndef f(s, g):\n    return fast.h()\n", pack____init__="")
    compiled = planted.folder / "pack" / f"fast{EXTENSION_SUFFIXES[0]}"
    compiled.write_bytes(b"one")
    before = planted.digest
    compiled.write_bytes(b"two")
    assert planted.digest != before


# --- what modules load, and from elsewhere ----------------------------------------------------------------------------


def test_libraries_are_those_of_the_definitions_that_count(planted):
    planted.write(
        law="""
        import json
        import numpy as np
        import torch
        from scipy import optimize

        from part import h


        def f(s, g):
            return np.sqrt(h(json.loads(s)))


        def beside():
            return torch.nn, optimize.brentq
        """,
        part="""
        import jax.numpy as jnp
        import sklearn


        def beside():
            return sklearn


        def h(x):
            import pandas

            return jnp.sum(pandas.x)
        """,
    )
    assert planted.covered.libraries == {"numpy", "jax", "pandas"}


def test_a_module_at_the_top_of_the_project_that_hides_a_library_counts(planted, tmp_path_factory, monkeypatch):
    """Python searches the project's folder before the libraries."""
    top = tmp_path_factory.mktemp("top")
    monkeypatch.setattr("runners.registry.names.ROOT", top)
    planted.write(law="import numpy as np\ndef f(s, g):\n    return np.sqrt(s)\n")
    assert planted.covered.libraries == {"numpy"}
    for text in ("def sqrt(x):\n    return 1\n", "def sqrt(x):\n    return 2\n"):
        before = planted.digest
        (top / "numpy.py").write_text(text)
        assert planted.digest != before
    assert planted.covered.libraries == set()


def test_fetching_data_is_the_machinerys_and_not_followed(planted, monkeypatch):
    for module in ("meanings", "modules"):
        monkeypatch.setattr(f"runners.registry.{module}.NOT_SEALED", frozenset({"part"}))
    planted.write(law="from part import get\ndef f(s, g):\n    return get('set', sha256='1234')\n")
    planted.write(part="def get(name, sha256):\n    return 9999\n")
    assert planted.notices("law.py", "1234", "5678")
    assert not planted.notices("part.py", "9999", "5678")


@pytest.fixture
def folder(tmp_path):
    """Modules that import one another in every way."""
    Planted(tmp_path).write(
        start="import numpy as np\nfrom pack import part\nfrom predictions.instruments import trials\n",
        pack____init__='"""A package."""\n',
        pack__part="from . import sibling\nfrom .deep.leaf import f as g\nimport json, sklearn.datasets\n",
        pack__sibling="from importlib import import_module\nimport_module('late')\n",
        pack__other="import start\nx = 1\n",
        late="",
        inner="",
        unused="",
    )
    deep = tmp_path / "pack" / "deep"
    deep.mkdir()
    (deep / "__init__.py").write_text("from ..other import x\n")
    (deep / "leaf.py").write_text("def f(a, b=1, *, c=2):\n    import torch\n    import inner\n    return a\n")
    return tmp_path


def test_a_closure_follows_every_kind_of_import(folder):
    code = Code([str(folder), str(ROOT)])
    files = code.closure("start")
    assert list(files) == [
        "inner",
        "late",
        "pack",
        "pack.deep",
        "pack.deep.leaf",
        "pack.other",
        "pack.part",
        "pack.sibling",
        "predictions",
        "predictions.instruments",
        "predictions.instruments.trials",
        "start",
    ]
    assert files["pack"] == folder / "pack" / "__init__.py"
    assert code.third_party("start") == {"jax", "numpy", "sklearn", "torch"}


def test_a_closure_is_what_python_loads(folder, monkeypatch):
    """Beside Python itself, for imports at the top level; in the order in which it runs them."""
    (folder / "pack" / "deep" / "leaf.py").write_text("f = 1\n")
    (folder / "pack" / "part.py").write_text("from . import sibling\nfrom .deep.leaf import f as g\n")
    (folder / "start.py").write_text("from pack import part\n")
    (folder / "pack" / "other.py").write_text("x = 1\n")
    code = Code([str(folder)])
    for name in code.closure("start"):
        assert name not in sys.modules
    before = set(sys.modules)
    with importable([str(folder)]):
        __import__("start")
    loaded = [name for name in sys.modules if name not in before and own_file(name, [str(folder)])]
    for name in loaded:
        monkeypatch.delitem(sys.modules, name)
    assert set(loaded) == set(code.closure("start"))


def test_a_module_that_is_missing_or_broken_is_told(folder):
    with pytest.raises(UnresolvedName, match=r"there is no module pack\.prt"):
        Code([str(folder)]).closure("pack.prt")
    (folder / "inner.py").write_text("x = 1\ndef f(:\n")
    with pytest.raises(UnresolvedName, match=r"inner.py:2 is not Python"):
        Code([str(folder), str(ROOT)]).closure("start")


def test_fetching_is_in_no_closure_but_what_is_read_is_by_its_sha256():
    code = Code([str(ROOT)])
    files = code.closure("predictions.data.chinchilla")
    assert set(files) == {"predictions", "predictions.data", "predictions.data.chinchilla"}
    assert code.third_party("predictions.data.chinchilla") == {"numpy"}, "pooch brings files, and decides no number"
    covered = code.coverage({"reader": "predictions.data.chinchilla:load_chinchilla"})
    assert {name for part in covered.parts for name in part.statement.binds} == {"load_chinchilla", "SHA256"}
    assert fetching.catalogue()["chinchilla"].sha256 == chinchilla.SHA256


BRIEF = ["manifold-grid", "manifold-neighbours", "gaussian-kernel-ridge", "zipf-item-memorisation"]


@pytest.mark.parametrize("name", BRIEF)
def test_every_function_that_a_block_calls_is_covered(name):
    """Beside Python's own account of what was called."""
    registry = load([ROOT / "registry.yaml"], checked=False)
    experiment = registry.experiments[name]
    module = importlib.import_module(experiment.module)
    setting = {**experiment.tiers["smoke"].constants, **grid.conditions(experiment, "smoke")[0]}
    called: set[tuple[str, int]] = set()

    def note(frame, event, _):
        if event == "call" and frame.f_code.co_filename.startswith(str(ROOT / "predictions")):
            called.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    sys.setprofile(note)
    try:
        _, state = module.prepare(setting, np.arange(2, dtype=np.uint64))
        module.measure(setting, state)
    finally:
        sys.setprofile(None)
    covered = registry.code.coverage({part: f"{experiment.module}:{part}" for part in ("prepare", "measure")})
    lines = {
        (str(part.module.file), line)
        for part in covered.parts
        for line in range(part.statement.line, part.statement.node.end_lineno + 1)
    }
    assert called
    assert called <= lines
