#include <softmech/judgement/observables.hpp>

#include <softmech/judgement/condensation.hpp>
#include <softmech/judgement/finite_size.hpp>
#include <softmech/judgement/generalization.hpp>
#include <softmech/judgement/goldstone_modes.hpp>
#include <softmech/judgement/relaxation.hpp>
#include <softmech/judgement/rows_of_attention.hpp>
#include <softmech/judgement/token_fields.hpp>
#include <softmech/judgement/token_transitions.hpp>
#include <softmech/program/nearest.hpp>

#include <fmt/format.h>

#include <array>
#include <stdexcept>

namespace softmech {

namespace {

constexpr std::array registry{
    // one query relaxing: softmech-relax
    Observable{"distance_to_softmax", "largest |p(end) - softmax(-E/T)|", false, relaxation::distance_to_softmax},
    Observable{"least_distance_to_softmax", "the same of the member that ends nearest", false,
               relaxation::least_distance_to_softmax},
    Observable{"mode_frequency_error", "largest |omega^2 m/T - 1| over normal modes", false,
               relaxation::mode_frequency_error},
    Observable{"overdamped_flow_error", "largest |p(t) - closed form|", false, relaxation::overdamped_flow_error},
    Observable{"mirror_step_error", "largest |p(one step) - softmax(-E/T)|", false, relaxation::mirror_step_error},
    Observable{"action_gradient_order", "order in the spacing at which the gradient of the action vanishes", false,
               relaxation::action_gradient_order},
    Observable{"work_balance_error", "largest |W - dF - T KL|/T over sudden changes", false,
               relaxation::work_balance_error},
    Observable{"largest_free_energy_rise", "largest rise of F/T between samples", false,
               relaxation::largest_free_energy_rise},
    Observable{"response_error", "largest relative deviation of Var(E)/T^2 from dU/dT and Var(ln p)", false,
               relaxation::response_error},
    // ensembles of rows: softmech-thermo
    Observable{"largest", "largest mean of a variable over all points", true, rows_of_attention::largest},
    Observable{"largest_deviation_from_one", "largest |X - 1| over all points", true,
               rows_of_attention::largest_deviation_from_one},
    Observable{"least_deviation_from_one", "smallest |X - 1| over all points", true,
               rows_of_attention::least_deviation_from_one},
    Observable{"power_of_head_dim", "a in X ~ d^a", true, rows_of_attention::power_of_head_dim},
    Observable{"power_of_log_keys", "a in X ~ (ln V)^a for V -> infinity", true, rows_of_attention::power_of_log_keys},
    Observable{"spread_over_studies", "relative spread of X over studies at the largest context", true,
               rows_of_attention::spread_over_studies},
    Observable{"dipole_error", "largest |-U/d - I_{d/2}(d/T)/I_{d/2-1}(d/T)|", false, rows_of_attention::dipole_error},
    Observable{"condensation_temperature", "T_c/(sigma/sqrt(2 ln n)) for n -> infinity", false,
               condensation::condensation_temperature},
    Observable{"condensed_participation_error", "largest |sum p^2 - (1 - T/T_c)| below T_c for n -> infinity", false,
               condensation::condensed_participation_error},
    Observable{"participation_at_half", "sum p^2 at T_c/2 and the largest context", false,
               condensation::participation_at_half},
    Observable{"peak_power_of_keys", "a in C_max ~ n^a (ln n)^b", false, condensation::peak_power_of_keys},
    Observable{"peak_growth_per_size", "x in C_max/ln n ~ (ln n)^x", false, condensation::peak_growth_per_size},
    // training runs: softmech-grok
    Observable{"generalizing_share", "share of runs that reach a test accuracy of 0.95", false,
               generalization::generalizing_share},
    Observable{"leading_share", "share of generalizing runs whose specific heat peaks first", false,
               generalization::leading_share},
    Observable{"peak_share", "share of memorizing runs that peak and do not generalize", false,
               generalization::peak_share},
    Observable{"height_over_generalizing", "largest C of runs that do not generalize over that of runs that do", false,
               generalization::height_over_generalizing},
    Observable{"height_over_gaps", "peak height over that of the recorded gaps, minus 1", false,
               generalization::height_over_gaps},
    Observable{"height_over_scaled", "peak height over that of the initial scores at equal spread, minus 1", false,
               generalization::height_over_scaled},
    Observable{"height_growth", "a in X_max ~ p^a for p -> infinity", true, generalization::height_growth},
    // tokens on the sphere: softmech-tokens
    Observable{"equiangular_error", "largest |mean cosine - exact law| from the first sample on", false,
               token_fields::equiangular_error},
    Observable{"final_rate", "rate at which 1 - mean cosine decays, over 2 (sa) or 2 e^beta (usa)", false,
               token_fields::final_rate},
    Observable{"mean_before_collapse", "mean over samples with a mean cosine up to 0.9", true,
               token_fields::mean_before_collapse},
    Observable{"energy_balance_error", "largest change of total energy plus heat over the largest kinetic energy",
               false, token_fields::energy_balance_error},
    Observable{"energy_drift", "slope of that change against depth", false, token_fields::energy_drift},
    Observable{"largest_over_depth", "largest |X| over members and depths", true, token_fields::largest_over_depth},
    Observable{"least_of_largest", "the same of the member with the smallest", true, token_fields::least_of_largest},
    Observable{"critical_gamma", "gamma where the self-weights of ever longer contexts cross", false,
               token_transitions::critical_gamma},
    Observable{"exponential_lead",
               "AICc of a power of beta over that of an exponential, for the depth of the last merge", false,
               token_transitions::exponential_lead},
    Observable{"critical_coupling", "coupling where n <R^2> diverges, over the mean field's", false,
               token_transitions::critical_coupling},
    Observable{"growth_threshold", "coupling where the order starts to grow, over the theoretical one", false,
               token_transitions::growth_threshold},
    // transitions at finite size
    Observable{"rotor_temperature", "T_c of rotors from the collapse of <M^4>/<M^2>^2", false,
               finite_size::rotor_temperature},
    Observable{"rotor_size_exponent", "exponent nu of the number of rotors in that collapse", false,
               finite_size::rotor_size_exponent},
    Observable{"dispersion_exponent", "exponent z of w ~ k^z", false, goldstone_modes::dispersion_exponent},
    Observable{"relative_gap", "gap^2 of w(k) over the square of the highest frequency", false,
               goldstone_modes::relative_gap},
    Observable{"dispersion_deviation", "largest relative deviation of w(k) from linear theory", false,
               goldstone_modes::dispersion_deviation},
    Observable{"branch_softness", "lowest over highest frequency of k > 0", false, goldstone_modes::branch_softness},
    Observable{"field_slope", "slope of gap^2 against the field, in units of 1/m", false, goldstone_modes::field_slope},
    Observable{"field_intercept", "gap^2 without a field, in units of h/m of the smallest field", false,
               goldstone_modes::field_intercept},
    Observable{"zero_mode_surplus", "largest difference of the numbers of zero modes and broken generators", false,
               goldstone_modes::zero_mode_surplus},
    Observable{"frequency_shift", "largest relative difference of w(k) between two studies", false,
               goldstone_modes::frequency_shift},
    Observable{"order_exponent", "exponent of <M^2> in the number of rotors at the lowest temperature", false,
               goldstone_modes::order_exponent},
    Observable{"breaking_exponent", "exponent of the masses that RoPE in some heads gives, in the scale of its angles",
               false, goldstone_modes::breaking_exponent},
    Observable{"final_order", "mean magnetization of all members, in the frame of the twist", false,
               goldstone_modes::final_order},
    Observable{"mean_field_order_deviation", "largest relative deviation of |M| from the mean field's", false,
               goldstone_modes::mean_field_order_deviation},
    Observable{"caloric_deviation", "largest relative deviation of T(U) from the mean field's", false,
               goldstone_modes::caloric_deviation},
    Observable{"unbinding_temperature", "temperature at which the helicity modulus jumps universally", false,
               goldstone_modes::unbinding_temperature},
    Observable{"rotor_moment_ratio", "<M^4>/<M^2>^2 of rotors at T = 1/2, for N to infinity", false,
               finite_size::rotor_moment_ratio},
    Observable{"token_coupling", "K_c of noisy tokens from the collapse of <R^4>/<R^2>^2, over the theoretical one",
               false, finite_size::token_coupling},
    Observable{"tricritical_beta", "beta about which n^(1/3) <R^2> at the threshold collapses, over beta*(d)", false,
               finite_size::tricritical_beta},
    Observable{"boundary_spread", "spread over moduli of the train fraction where U4 of the contrast crosses", false,
               finite_size::boundary_spread},
    Observable{"boundary_growth_lead", "AICc of saturation over that of a power for the contrast's largest variance",
               false, finite_size::boundary_growth_lead},
};

}  // namespace

std::span<const Observable> observables() { return registry; }

const Observable& observable(std::string_view name) {
  std::vector<std::string> names;
  for (const Observable& known : registry) {
    if (known.name == name) return known;
    names.emplace_back(known.name);
  }
  const auto near = nearest(name, names);
  throw std::invalid_argument(
      fmt::format("observable \"{}\" does not exist; {}", name,
                  near ? fmt::format("did you mean \"{}\"?", *near) : "there is " + alternatives(names)));
}

}  // namespace softmech
