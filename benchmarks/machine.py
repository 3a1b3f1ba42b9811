"""The machine and the versions that a measurement belongs to; no names of hosts or paths."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

PACKAGES = ("course-lib", "numpy", "scipy", "scikit-learn", "torch")


def describe() -> dict[str, str | int]:
    """Return processor, cores, system, Python and the versions of the packages compared."""
    return {
        "processor": processor(),
        "cores": usable_cores(),
        "system": platform.system(),
        "Python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
    }


def package_version(name: str) -> str:
    """Return the version of what was installed to make this name importable."""
    return _version(packages_distributions().get(name, [name])[0])


def processor() -> str:
    """Return the processor's model as the system names it."""
    readers = {"Linux": _linux_model, "Darwin": _mac_model}
    model = readers.get(platform.system(), lambda: "")()
    return model or platform.processor() or platform.machine()


def usable_cores() -> int:
    """Return the number of cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _linux_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return ""


def _mac_model() -> str:
    command = ["sysctl", "-n", "machdep.cpu.brand_string"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
