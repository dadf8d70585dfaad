#include <softmech/models/rotor_system.hpp>

#include <softmech/models/rotor_sums.hpp>
#include <softmech/store/table.hpp>

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

namespace softmech {

using Eigen::Index;

namespace {

using Ways = std::variant<RotorMeanField, RotorBonds, RotorSpectrum, RotorTable, RotorSoftmax, RotorReference>;

/// The couplings of a system: by displacements, or, of a file, pair by pair.
struct Couplings {
  std::optional<RotorCoupling> by_displacement;
  std::shared_ptr<const Matrix> table;

  Matrix matrix() const { return table ? *table : by_displacement->matrix(); }
};

/// N rows and columns are J_ij; one row or column is J(r), r = 1, 2, ….
Couplings read_couplings(const RotorSettings& settings) {
  const Table table = read_table(settings.file);
  const auto rows = static_cast<Index>(table.rows()), columns = static_cast<Index>(table.columns());
  const auto refuse = [&](const std::string& rule) {
    throw std::invalid_argument(fmt::format("model.file = \"{}\": {}", settings.file, rule));
  };
  const auto require_coupling = [&](double j, const auto& name) {  // names are made for refusals only
    if (!std::isfinite(j))
      refuse(fmt::format("{} = {}: must be a finite number; try 0 where rotors do not couple", name(), j));
    if (settings.kernel == "softmax" && j < 0)
      refuse(
          fmt::format("{} = {}: a score of model.kernel = \"softmax\" must be >= 0; try 0, which masks the pair, or "
                      "model.kernel = \"file\", which takes any sign",
                      name(), j));
  };
  const RotorLattice chain = settings.sites();
  if (rows == 1 || columns == 1) {
    const Index most = chain.open ? chain.columns - 1 : chain.columns / 2;
    if (rows * columns > most)
      refuse(
          fmt::format("has couplings up to the distance {}: must be at most {} on this chain; leave them out or try "
                      "model.rotors = {}",
                      rows * columns, most, 2 * rows * columns));
    for (std::size_t r = 1; r <= table.values.size(); ++r)
      require_coupling(table.values[r - 1], [r] { return fmt::format("J at the distance {}", r); });
    return {RotorCoupling::of_distance(chain, table.values), nullptr};
  }
  if (rows != chain.columns || columns != chain.columns)
    refuse(fmt::format("has {} x {} numbers: must have {} x {}, or one column of J(r); try model.rotors = {}", rows,
                       columns, chain.columns, chain.columns, rows));
  const Matrix j = Eigen::Map<const RowMatrix>(table.values.data(), rows, columns);
  for (Index i = 0; i < rows; ++i) {
    for (Index k = 0; k < rows; ++k)
      require_coupling(j(i, k), [i, k] { return fmt::format("J of rotors {} and {}", i, k); });
    if (j(i, i) != 0) refuse(fmt::format("J of rotor {} with itself = {}: must be 0", i, j(i, i)));
    for (Index k = 0; k < i; ++k) {
      if (j(i, k) != j(k, i))
        refuse(
            fmt::format("J of rotors {} and {} = {}, back {}: must be the same, as only then is there a potential; "
                        "try their mean",
                        i, k, j(i, k), j(k, i)));
    }
  }
  return {std::nullopt, std::make_shared<const Matrix>(j)};
}

Couplings couplings_of(const RotorSettings& settings) {
  settings.check();
  if (settings.has_file()) return read_couplings(settings);
  return {settings.coupling(), nullptr};
}

constexpr Index most_pairs = 4096;

/// The plain sums over all pairs.
RotorReference reference(const Couplings& couplings, const RotorSettings& settings) {
  if (settings.rotors > most_pairs) {
    throw std::invalid_argument(
        fmt::format("model.rotors = {}: must be at most {} for sums over all pairs", settings.rotors, most_pairs));
  }
  const double beta = settings.kernel == "softmax" ? settings.attention_beta : 0;
  const auto matrix = couplings.table ? couplings.table : std::make_shared<const Matrix>(couplings.matrix());
  return {matrix, settings.sites(), beta, !settings.images && settings.couplings() != "all"};
}

Ways fast(const Couplings& couplings, const RotorSettings& settings) {
  const bool softmax = settings.kernel == "softmax";
  if (couplings.table) {
    if (softmax) return RotorSoftmax(couplings.table, settings.sites(), settings.attention_beta);
    return RotorTable(couplings.table, settings.sites());
  }
  if (softmax) return RotorSoftmax(*couplings.by_displacement, settings.attention_beta);
  return std::visit([](auto way) { return Ways(std::move(way)); }, pair_sums(*couplings.by_displacement));
}

void resize(RotorPhasors& phasors, Index count) {
  phasors.cosine.resize(count);
  phasors.sine.resize(count);
}

}  // namespace

struct RotorSystem::Core {
  Core(const RotorSettings& settings, Method method, const RotorKernels& phasor_kernels, const Vector& helix)
      : kernels(phasor_kernels),
        couplings(couplings_of(settings)),
        ways(method == Method::fast ? fast(couplings, settings) : Ways(reference(couplings, settings))),
        field(settings.field),
        is_twisted(settings.twist_per_site() != 0) {
    resize(laboratory, helix.size());
    resize(turned, helix.size());
    resize(frame, helix.size());
    kernels.phasors(helix.size(), helix.data(), frame.cosine.data(), frame.sine.data());
  }

  /// e^{iθ} in `laboratory`; returns e^{iφ}.
  const RotorPhasors& take(const VectorView& phases) {
    laboratory.sums = kernels.phasors(phases.size(), phases.data(), laboratory.cosine.data(), laboratory.sine.data());
    if (!is_twisted) return laboratory;
    turned.cosine = laboratory.cosine.cwiseProduct(frame.cosine) + laboratory.sine.cwiseProduct(frame.sine);
    turned.sine = laboratory.sine.cwiseProduct(frame.cosine) - laboratory.cosine.cwiseProduct(frame.sine);
    turned.sums = {turned.cosine.sum(), turned.sine.sum()};
    return turned;
  }

  RotorSums sums(const VectorView& phases) {
    const RotorPhasors& rotors = take(phases);
    RotorSums result = std::visit([&](auto& way) { return way.sums(rotors); }, ways);
    result.energy += field * (static_cast<double>(phases.size()) - laboratory.sums.cosine);
    result.laplacian += field * laboratory.sums.cosine;
    return result;
  }

  void force(const VectorView& phases, Eigen::Ref<Vector> out) {
    const RotorPhasors& rotors = take(phases);
    std::visit([&](auto& way) { way.torques(rotors, out); }, ways);
    if (field != 0) out -= field * laboratory.sine;
  }

  const RotorKernels& kernels;
  Couplings couplings;
  Ways ways;
  double field;
  bool is_twisted;
  RotorPhasors laboratory, turned, frame;
};

RotorSystem::RotorSystem(const RotorSettings& settings, Method method, InstructionSet instructions)
    : settings_(settings), space_(settings.rotors), helix_(settings.rotors) {
  const double twist = settings.twist_per_site();
  const Index columns = settings.sites().columns;
  for (Index i = 0; i < helix_.size(); ++i) helix_[i] = twist * static_cast<double>(i % columns);
  core_ = std::make_unique<Core>(settings_, method, rotor_kernels(instructions), helix_);
}
RotorSystem::~RotorSystem() = default;
RotorSystem::RotorSystem(RotorSystem&&) noexcept = default;

double RotorSystem::potential(const VectorView& phases) const { return core_->sums(phases).energy; }
double RotorSystem::laplacian(const VectorView& phases) const { return core_->sums(phases).laplacian; }

void RotorSystem::force(const VectorView& phases, Eigen::Ref<Vector> out) const { core_->force(phases, out); }

void RotorSystem::gradient(const VectorView& phases, Eigen::Ref<Vector> out) const {
  core_->force(phases, out);
  out = -out;
}

Matrix RotorSystem::hessian(const VectorView& phases) const {
  Matrix result = reference(core_->couplings, settings_).hessian(core_->take(phases));
  result.diagonal() += settings_.field * core_->laboratory.cosine;
  return result;
}

RotorInteraction RotorSystem::measure(const VectorView& phases) const {
  return interaction(core_->sums(phases), static_cast<double>(rotors()), settings_.sites().dimensions(),
                     1 / settings_.temperature);
}

Eigen::Vector2d RotorSystem::magnetization(const VectorView& phases) const {
  core_->take(phases);
  const PhasorSums& sums = core_->laboratory.sums;
  return Eigen::Vector2d(sums.cosine, sums.sine) / static_cast<double>(rotors());
}

Eigen::Vector2d RotorSystem::helical_magnetization(const VectorView& phases) const {
  const PhasorSums& sums = core_->take(phases).sums;
  return Eigen::Vector2d(sums.cosine, sums.sine) / static_cast<double>(rotors());
}

std::optional<RotorCoupling> RotorSystem::coupling() const { return core_->couplings.by_displacement; }
Matrix RotorSystem::couplings() const { return core_->couplings.matrix(); }

}  // namespace softmech
