"""Figures of softmech-tokens: tokens on the sphere that move under attention."""
from figures import token_curves, token_laws, token_modes, token_paths

FIGURES = (token_paths.movie, token_paths.circle, token_paths.sphere, token_paths.staircase,
           token_paths.lifetimes, token_laws.equiangular, token_laws.long_context, token_laws.transition, token_laws.density, token_laws.growth,
           token_curves.phase, token_curves.order, token_curves.attention, token_curves.reciprocity, token_curves.budget,
           token_curves.conservation, token_modes.breaking)
