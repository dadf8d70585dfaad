"""Finds and reads result files: HDF5 in the netCDF-4 model, as the programs of Softmech write it."""
import re
import tomllib
from functools import cached_property
from urllib.parse import quote

import h5py
import numpy as np

FORMAT_VERSION = 1  # the newest this program knows
NAMES = ("audit.h5", "ensemble.h5", "fss.h5", "goldstone.h5", "onset.h5")


class NoResults(Exception):
    """There is nothing to report; the message says where we looked."""


class UnreadableFile(Exception):
    """A file that cannot be shown; the message says which and why."""


class Results:
    """What a directory tree holds: audits, studies, and the problems met on the way."""

    def __init__(self, directory):
        self.directory = directory
        self.audits = []
        self.studies = []
        self.problems = []    # (place, sentence)
        self.unfinished = []  # directories of runs that have not merged their members yet


def find(directory):
    """Reads all result files below a directory; unreadable ones become problems."""
    if not directory.exists():
        raise NoResults(f"{directory} does not exist; give the --out directory of a run")
    if not directory.is_dir():
        raise NoResults(f"{directory} is not a directory; give the directory that holds it")
    found = Results(directory)
    for path in sorted(path for name in NAMES for path in directory.rglob(name)):
        place = str(path.parent.relative_to(directory))
        try:
            file = ResultFile(path, place)
            (found.audits if path.name == "audit.h5" else found.studies).append(file)
        except UnreadableFile as error:
            found.problems.append((place, str(error)))
    found.unfinished = sorted(str(path.parent.relative_to(directory)) for path in directory.rglob("members")
                              if path.is_dir() and not (path.parent / "ensemble.h5").exists())
    if not (found.audits or found.studies or found.problems):
        hint = ("a run there is not finished: start its command again" if found.unfinished
                else "has a run been made there?")
        raise NoResults(f"{directory} holds no ensemble.h5, fss.h5, goldstone.h5, onset.h5 or audit.h5, at any depth; {hint}")
    return found


def study_name(place):
    """An audit keeps its studies in DIR/studies/NAME: DIR/NAME for people."""
    return re.sub(r"(^|/)studies/", r"\1", place)


def anchor(kind, name):
    """The id on the page that links lead to."""
    return f"{kind}-{quote(name)}"


class ResultFile:
    """One result file: variables by name, their axes, the root attributes and the settings of the run."""

    def __init__(self, path, place):
        self.path = path
        self.place = place
        try:
            self._file = h5py.File(path, "r")
            self.attributes = {name: _plain(value) for name, value in self._file.attrs.items()}
            self._variables = {name: item for name, item in self._file.items()
                               if isinstance(item, h5py.Dataset) and not _is_bare_dimension(item)}
            self.overview = [self._overview(name) for name in self._variables]
        except (OSError, RuntimeError, KeyError) as error:
            raise UnreadableFile(f"{path} is damaged or not HDF5 ({_first_line(error)}); "
                                 "remove it and run its program again") from None
        match = re.match(r"softmech-(\w+)", str(self.attributes.get("title", "")))
        if not match:
            raise UnreadableFile(f"{path} was not written by a program of Softmech (no title \"softmech-NAME: ...\"); "
                                 "move it out of the directory")
        self.program = match[1]
        version = self.attributes.get("format_version", 1)
        if not isinstance(version, (int, float)) or version > FORMAT_VERSION:
            raise UnreadableFile(f"{path} has format version {version}, newer than this program knows "
                                 f"({FORMAT_VERSION}); update Softmech")

    @property
    def name(self):
        """The directory the file lies in, below the reported one; the reported directory's own name at the top."""
        return self.path.resolve().parent.name if self.place == "." else study_name(self.place)

    @property
    def anchor(self):
        return anchor("study", self.name)

    @property
    def summary(self):
        """What the title says after the program's name."""
        return self.attributes["title"].partition(":")[2].strip()

    def has(self, *names, on=None):
        """True where all these variables exist, on just these axes if any are given."""
        return all(name in self._variables and on in (None, self.axes(name)) for name in names)

    def __getitem__(self, name):
        try:
            variable = self._variables[name]
            if h5py.check_string_dtype(variable.dtype):
                return variable.asstr()[...]
            return variable[...]
        except OSError as error:
            raise UnreadableFile(f"{self.path} is damaged in variable '{name}' ({_first_line(error)}); "
                                 "remove it and run its program again") from None

    def _overview(self, name):
        """Name, axes with lengths, meaning and units of a variable, for people."""
        attributes = self._variables[name].attrs
        axes = " × ".join(f"{axis} {length}" for axis, length in zip(self.axes(name), self.shape(name)))
        return name, axes, _plain(attributes.get("long_name", "")), _plain(attributes.get("units", ""))

    def shape(self, name):
        return self._variables[name].shape

    def axes(self, name):
        variable = self._variables[name]
        if h5py.h5ds.is_scale(variable.id):
            return (name,)
        return tuple(axis[0].name.rpartition("/")[2] if len(axis) else "?" for axis in variable.dims)

    def coordinates(self, name):
        """Names of the variables that say where the values of this one belong."""
        return str(_plain(self._variables[name].attrs.get("coordinates", ""))).split() if name in self._variables else []

    @cached_property
    def members(self):
        return len(self._variables["member"]) if "member" in self._variables else 0

    @cached_property
    def settings(self):
        try:
            return tomllib.loads(self.attributes.get("config_toml", ""))
        except tomllib.TOMLDecodeError:
            return {}

    def setting(self, key, default=None):
        """The value of a dotted key of the run's configuration."""
        value = self.settings
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                return default
            value = value[part]
        return value

    def per_member(self, key, default=np.nan):
        """A number for each member: the variable of that name where the key was swept, else the setting."""
        name = key.rpartition(".")[2]
        if self.has(name, on=("member",)):
            return self[name]
        value = self.setting(key, default)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        return np.full(self.members, value if isinstance(value, (int, float)) else default, dtype=float)


def _plain(value):
    """An attribute as a Python value: a string or a number; a list of one is that one."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray):
        return value.reshape(-1)[0].item() if value.size == 1 and value.dtype.kind in "iuf" else value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    return value


def _is_bare_dimension(item):
    """netCDF's mark for an axis that has no coordinate values."""
    return str(_plain(item.attrs.get("NAME", ""))).startswith("This is a netCDF dimension but not a netCDF variable")


def _first_line(error):
    return str(error).splitlines()[0].strip("'\"") if str(error) else type(error).__name__
