// Observables of single queries relaxing on the simplex (softmech-relax), each against a closed form computed here.
#pragma once

#include <softmech/judgement/observables.hpp>

namespace softmech::relaxation {

/// max over members and keys of |p(end) − softmax(−E/T)|.
Measurement distance_to_softmax(std::span<const StudyData> studies, const std::string&);
/// min over members of the same distance: how far all ends are from the softmax (for controls).
Measurement least_distance_to_softmax(std::span<const StudyData> studies, const std::string&);
/// max over members and normal modes of |ω² m/T − 1|; infinite if a mode does not oscillate.
Measurement mode_frequency_error(std::span<const StudyData> studies, const std::string&);
/// max over members, depths and keys of |p(t) − p_exact(t)|, p_exact ∝ p(0)^{e^{−Tt/γ}} exp[−(1−e^{−Tt/γ})E/T].
Measurement overdamped_flow_error(std::span<const StudyData> studies, const std::string&);
/// max over members and keys of |p(after one step) − softmax(−E/T)|.
Measurement mirror_step_error(std::span<const StudyData> studies, const std::string&);
/// Order at which the gradient of the discrete action vanishes with the spacing of the samples, mean over members.
Measurement action_gradient_order(std::span<const StudyData> studies, const std::string&);
/// max over successive members, taken as sudden changes E → E', of |W − ΔF − T·KL(p‖p')|/T.
Measurement work_balance_error(std::span<const StudyData> studies, const std::string&);
/// max over members and successive samples of F(t_{k+1}) − F(t_k), in units of T.
Measurement largest_free_energy_rise(std::span<const StudyData> studies, const std::string&);
/// max over members of the relative deviations of Var_p(E)/T² from dU/dT and from Var_p(ln p).
Measurement response_error(std::span<const StudyData> studies, const std::string&);

}  // namespace softmech::relaxation
