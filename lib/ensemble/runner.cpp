#include <softmech/ensemble/runner.hpp>

#include <softmech/ensemble/progress.hpp>
#include <softmech/ensemble/publisher.hpp>
#include <softmech/ensemble/stack.hpp>
#include <softmech/store/merge.hpp>

#include <fmt/format.h>

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <new>

namespace softmech {

namespace {

/// Whoever starts, begins, ends or awaits the work of a thread passes here, so that each sees what was done before. TBB
/// sees to that as well, but where the thread sanitizer cannot look (tests/tsan.supp).
void hand_over() {
  static std::atomic<int> passed = 0;
  passed.fetch_add(1, std::memory_order_acq_rel);
}

/// State that the workers of one run share.
struct Run {
  const std::vector<std::int64_t>& members;
  const RunPlan& plan;
  const EnsembleDirectory& directory;
  const std::function<void(Member&)>& body;
  Publisher publisher;
  Progress progress;
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  std::atomic<bool> interrupted = false;
  std::mutex mutex;
  std::map<std::int64_t, std::exception_ptr> failures;

  bool should_stop() const {
    return failed.load(std::memory_order_relaxed) || publisher.failed() || plan.stop.should_stop();
  }

  void fail(std::int64_t member) {
    const std::lock_guard lock(mutex);
    failures.emplace(member, std::current_exception());
    failed = true;
  }

  void run_member(std::int64_t index) {
    try {
      std::atomic<double> reported = 0;  // a member may report from several threads
      MemberServices services;
      services.stop_requested = [this] { return should_stop(); };
      services.progress = [&](double fraction) { progress.add(fraction - reported.exchange(fraction)); };
      services.checkpoint = directory.checkpoint(index);
      services.weights = directory.weights();
      services.checkpoint_every = plan.checkpoint_every;
      Member member(index, plan.seed, std::move(services));
      // A member that waits for TBB tasks of its own must not take up other members meanwhile: it would be finished,
      // and on disk, only after them.
      tbb::this_task_arena::isolate([&] { body(member); });
      publisher.submit({index, member.snapshot()});
      progress.add(1 - reported);
    } catch (const StopRequested&) {
      interrupted = true;
    } catch (...) {
      fail(index);
    }
  }

  void work() {
    for (;;) {
      if (should_stop()) {
        if (next < members.size()) interrupted = true;
        return;
      }
      const std::size_t mine = next++;
      if (mine >= members.size()) return;
      run_member(members[mine]);
    }
  }
};

[[noreturn]] void rethrow_first(const std::map<std::int64_t, std::exception_ptr>& failures) {
  const auto& [member, failure] = *failures.begin();
  try {
    std::rethrow_exception(failure);
  } catch (const StoreError&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw MemberError(member, "not enough memory; use fewer --threads or a smaller system");
  } catch (const std::exception& error) {
    throw MemberError(member, error.what());
  }
}

}  // namespace

MemberError::MemberError(std::int64_t index, const std::string& what)
    : std::runtime_error(fmt::format("member {} failed: {}", index, what)), member(index) {}

int resolved_threads(int threads) { return threads > 0 ? threads : tbb::info::default_concurrency(); }

bool run_members(const std::vector<std::int64_t>& members, const RunPlan& plan, const EnsembleDirectory& directory,
                 const std::function<void(Member&)>& body) {
  if (members.empty()) return true;
  const auto count = static_cast<std::int64_t>(members.size());
  const auto files = static_cast<std::int64_t>(directory.member_files().size());
  Run run{.members = members,
          .plan = plan,
          .directory = directory,
          .body = body,
          .publisher{directory, count, files},
          .progress{count, plan.quiet, [&run] { return run.publisher.published(); }},
          .mutex{},
          .failures{}};

  // The calling thread takes part, so an arena of N threads needs N − 1 more.
  const int threads = resolved_threads(plan.threads);
  const tbb::global_control most(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  const auto work = [&run](int) {
    hand_over();
    run.work();
    hand_over();
  };
  hand_over();
  arena.execute([&] { tbb::parallel_for(0, threads, work, tbb::simple_partitioner()); });
  hand_over();

  run.publisher.finish();
  if (!run.failures.empty()) rethrow_first(run.failures);
  return !run.interrupted;
}

void merge_members(const EnsembleDirectory& directory, std::vector<Attribute> root_attributes) {
  merge_along(member_axis, directory.member_files(), directory.ensemble(), std::move(root_attributes));
}

}  // namespace softmech
