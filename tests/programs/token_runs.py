"""Runs of softmech-tokens: settings as words, starts from rows, results as xarray."""

import numpy as np
import xarray

from conftest import run


def settings(*tables, **table):
    """--set words of settings with their tables' dots as double underscores: model__dim=3."""
    merged = {key: value for part in (*tables, table) for key, value in part.items()}
    text = {key.replace("__", "."): str(value).lower() if isinstance(value, bool) else value for key, value in merged.items()}
    return [word for key, value in text.items() for word in ("--set", f"{key}={value}")]


def tokens(out, *tables, **table):
    """Runs to the end and returns what was recorded."""
    run("tokens", *settings(*tables, **table), "--quiet", "--threads", "1", "--out", out)
    with xarray.open_dataset(out / "ensemble.h5") as data:
        return data.load()


def from_rows(tmp_path, rows, name="start.csv"):
    """The settings of a start at these rows."""
    rows = np.atleast_2d(np.asarray(rows, dtype=float))
    np.savetxt(tmp_path / name, rows, delimiter=",", fmt="%.17g")
    return {"model__tokens": rows.shape[0], "model__dim": rows.shape[1], "start__kind": "file", "start__file": tmp_path / name}


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)
