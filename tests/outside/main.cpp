// Somebody else's program on the installed library.
#include <softmech/ensemble/random.hpp>
#include <softmech/program/version.hpp>

#include <cmath>
#include <iostream>
#include <vector>

int main() {
  std::vector<double> numbers(10000);
  softmech::RandomStream(1, 0, "outside").fill_normal(numbers);
  double sum = 0;
  for (const double x : numbers) sum += x;
  const double mean = sum / 10000;
  std::cout << "softmech " << softmech::version() << ", " << softmech::git_revision() << ", " << softmech::compiler() << ", "
            << softmech::compiler_flags() << ": mean of 10000 normal numbers " << mean << '\n';
  return mean != 0 && std::abs(mean) < 0.04 ? 0 : 1;  // four standard errors
}
