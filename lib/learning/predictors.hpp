// What else could announce generalization: events of curves that know nothing of thermodynamics.
#pragma once

#include <softmech/learning/heat_peak.hpp>

#include <functional>
#include <span>
#include <string>

namespace softmech {

/// An event of a run that may come before its onset.
struct Predictor {
  std::string name;
  std::string meaning;
  std::function<double(const Trace&, const PeakSettings&, double memorization)> step;  ///< NaN if it does not happen
};

/// The peak of peak.curve, and the trivial ones beside it, all blind to the test accuracy:
///   train_loss_spike    the most prominent peak of ln(train loss) after memorization, if it at least doubles the loss
///   logit_rms_peak      the peak of the rms of the attention logits, found like that of the specific heat
///   logit_rms_growth    where the rms of the logits grows fastest after memorization
///   weight_norm_peak    the peak of the norm of all parameters, found like that of the specific heat
///   weight_norm_fall    where that norm falls fastest after memorization
///   time_constant       1/(learning rate × weight decay), the time in which AdamW forgets its initial weights
std::span<const Predictor> predictors();

}  // namespace softmech
