"""Theories see the condition and one trial's given, nothing else: no file, no process, no network."""

from __future__ import annotations

import os
import sys
import sysconfig
from threading import local
from typing import Any

CODE = (".py", ".pyc", ".so", ".pyd", ".dylib")
FORBIDDEN = {
    "os.listdir",
    "os.scandir",
    "os.remove",
    "os.rename",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "gc.get_objects",
    "gc.get_referrers",
    "gc.get_referents",
    "ctypes.dlopen",
    "ctypes.dlsym",
    "ctypes.call_function",
    "_thread.start_new_thread",
    "_thread.start_joinable_thread",
    "socket.connect",
    "socket.bind",
    "subprocess.Popen",
}
LIBRARIES = tuple({os.path.realpath(path) for path in (*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix)})
_state = local()
_everywhere = False
"""Whether every thread of this process is isolated."""


class Intrusion(Exception):
    """A theory reached for something that it must not know."""


class isolated:
    """Within, this thread may open code and what libraries bring with them, and nothing else; or no thread may."""

    def __init__(self, *, everywhere: bool = False):
        _install()
        self._inner = True, everywhere or _everywhere
        self._outer = getattr(_state, "active", False), _everywhere

    def __enter__(self) -> None:
        global _everywhere
        _state.active, _everywhere = self._inner

    def __exit__(self, *problem: object) -> None:
        global _everywhere
        _state.active, _everywhere = self._outer


def _install() -> None:
    """Python keeps audit hooks for good, so there is one, and it looks at this thread's state."""
    if not getattr(sys, "_tollens_audited", False):
        sys._tollens_audited = True  # type: ignore[attr-defined]
        sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not (_everywhere or getattr(_state, "active", False)):
        return
    if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        path = os.path.realpath(os.fsdecode(arguments[0]))
        if not path.startswith(LIBRARIES) and not path.endswith(CODE):
            raise Intrusion(f"opens {os.path.basename(path)}; a theory sees the condition and one trial's given only")
    elif event in FORBIDDEN and not _importing():
        raise Intrusion(f"calls {event}; a theory sees the condition and one trial's given only")


def _importing() -> bool:
    """Whether a folder is listed to find a module: an import inside a theory is allowed."""
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
