"""Figures of softmech-goldstone: maps of S(k,w), dispersion, mode counts, gap, damping and asymmetry of soft modes."""
from figures import goldstone_dispersion, goldstone_field, goldstone_map, goldstone_table

FIGURES = (goldstone_map.spectrum, goldstone_dispersion.dispersion, goldstone_dispersion.exponents, goldstone_field.field,
           goldstone_field.damping, goldstone_field.asymmetry, goldstone_table.modes)
