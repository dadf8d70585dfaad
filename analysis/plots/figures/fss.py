"""Figures of softmech-fss: curves of all sizes, their collapse, where crossings and maxima go, what is known of exponents."""
from figures import scaling_collapse, scaling_posterior, scaling_sizes

FIGURES = (scaling_collapse.curves, scaling_collapse.collapse, scaling_posterior.posterior, scaling_sizes.crossings,
           scaling_sizes.maxima, scaling_sizes.peaks)
