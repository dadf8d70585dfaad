"""Figures by program: the results of softmech-NAME are drawn by NAME.py beside this file.

Such a file lists its functions in FIGURES. Each takes a results.ResultFile and yields style.Plots, none where the file
holds nothing for it.
"""
import importlib
from pathlib import Path


def functions(program):
    """The figure functions for a program's results; none where it has no file here."""
    if not (Path(__file__).parent / f"{program}.py").exists():
        return ()
    return importlib.import_module(f"{__name__}.{program}").FIGURES
