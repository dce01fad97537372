"""Builds the package `fastmm`: the system's C compiler compiles its kernels, by the line that their text gives."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

SOURCE = Path("fastmm/kernels/kernels.c")


class Compile(build_py):
    """Puts kernels.so beside kernels.c."""

    def run(self):
        super().run()
        folder = SOURCE.parent if self.editable_mode else Path(self.build_lib, SOURCE.parent)
        compiler = os.environ.get("CC", "cc")
        if shutil.which(shlex.split(compiler)[0]) is None:
            sys.exit(f"error: fastmm: expected a C compiler called {compiler} on PATH, found none (apt install gcc)")
        flags = re.search(r"Compile: cc (.*) FILE;", SOURCE.read_text())[1]
        command = [*shlex.split(compiler), *shlex.split(flags), "-o", str(folder / "kernels.so"), str(SOURCE.resolve())]
        if subprocess.run(command).returncode:
            sys.exit(f"error: fastmm: {shlex.join(command)} failed")

    def get_outputs(self, include_bytecode=True):
        return [*super().get_outputs(include_bytecode), str(Path(self.build_lib, SOURCE.parent, "kernels.so"))]


class Wheel(bdist_wheel):
    """For any Python of this platform: the library is loaded by ctypes."""

    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


class Binary(Distribution):
    """Installed where what belongs to one platform lies."""

    def has_ext_modules(self):
        return True


setup(distclass=Binary, cmdclass={"build_py": Compile, "bdist_wheel": Wheel})
