// A whole Goldstone analysis: every point, and the gap against the field where points differ in nothing else.
#pragma once

#include <softmech/goldstone/point_study.hpp>

#include <string>
#include <vector>

namespace softmech {

/// gap² = h/m: how explicit breaking makes the mode massive (Gell-Mann, Oakes & Renner, Phys. Rev. 175 (1968) 2195).
struct FieldStudy {
  std::string label;  ///< of the coordinates that these points share and others have not
  Vector field, gap_squared, gap_squared_error;
  double slope = 0, slope_error = 0, intercept = 0, intercept_error = 0, probability = 0;
  double slope_expected = 0;                ///< 1/m
  double exponent = 0, exponent_error = 0;  ///< of gap² ~ h^exponent for h > 0; NaN for fewer than 3 points
};

struct GoldstoneStudy {
  std::vector<PointStudy> points;
  std::vector<std::string> varying;  ///< coordinates that differ between points
  std::vector<FieldStudy> fields;    ///< one per set of 3 or more points that differ in their field alone
};

GoldstoneStudy study_goldstone(std::vector<ModePoint> points, const PointSettings& settings = {});

}  // namespace softmech
