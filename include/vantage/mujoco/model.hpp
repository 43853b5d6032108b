// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_MODEL_HPP
#define VANTAGE_MUJOCO_MODEL_HPP

#include <mujoco/mujoco.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "vantage/core/types.hpp"
#include "vantage/mujoco/guard.hpp"
#include "vantage/mujoco/integration_state.hpp"
#include "vantage/mujoco/model_fingerprint.hpp"
#include "vantage/mujoco/physics_options.hpp"
#include "vantage/mujoco/physics_warnings.hpp"

namespace vantage::mujoco {

class DataLease;

/// A compiled model that never changes, shared by all copies of this handle, with the work spaces (mjData) in which its
/// environments are stepped. A work space is borrowed for one call: there are as many as threads that step at once,
/// however many environments there are.
class Model {
 public:
  /// An empty handle; assign a loaded model before use.
  Model() = default;

  /// Reads MJCF or URDF, by the root element; meshes and included files are looked up beside the file.
  /// Throws: MujocoError "<path>: <MuJoCo's words>", with the element and its line.
  [[nodiscard]] static Model from_xml_file(const std::string& path) {
    install_handlers();
    std::array<char, 1024> words{};
    mjModel* model = nullptr;
    try {
      guarded([&] { model = mj_loadXML(path.c_str(), nullptr, words.data(), static_cast<int>(words.size())); });
    } catch (const MujocoError& error) {
      throw MujocoError(path + ": " + error.what());
    }
    if (model == nullptr) throw MujocoError(path + ": " + trimmed(words.data()));
    return Model(model);
  }

  /// The same from a text. `name` stands for the path in messages; files are looked up in the working directory.
  /// Throws: MujocoError "<name>: <MuJoCo's words>".
  [[nodiscard]] static Model from_xml_string(const std::string& text, const std::string& name = "MJCF text") {
    install_handlers();
    std::array<char, 1024> words{};
    mjModel* model = nullptr;
    const auto files = std::make_unique<mjVFS>();  // 2 MB before 3.2.0: never on the stack
    mj_defaultVFS(files.get());
    try {
      guarded([&] { model = load_text(*files, text, words); });
    } catch (const MujocoError& error) {
      mj_deleteVFS(files.get());
      throw MujocoError(name + ": " + error.what());
    }
    mj_deleteVFS(files.get());
    if (model == nullptr) throw MujocoError(name + ": " + trimmed(words.data()));
    return Model(model);
  }

  /// Whether a model is loaded.
  [[nodiscard]] explicit operator bool() const { return shared_ != nullptr; }
  /// The model. Pre: not empty.
  [[nodiscard]] const mjModel& get() const { return *shared_->model; }
  /// A field of the model. Pre: not empty.
  [[nodiscard]] const mjModel* operator->() const { return shared_->model; }
  /// So that a model can be given to functions of mjModel, such as body_id. Pre: not empty.
  operator const mjModel&() const { return get(); }

  /// The state after mj_resetData, in the layout of IntegrationState.
  [[nodiscard]] const Vector<double>& initial_state() const { return shared_->initial_state; }

  /// As model_fingerprint: what tells this model from another. Physics options that were chosen since it was loaded do
  /// not count.
  [[nodiscard]] std::string fingerprint() const { return model_fingerprint(get(), shared_->loaded_options); }

  /// Chooses physics options. Throws: std::invalid_argument if the handle is empty or has been copied, since copies
  /// share the model.
  void set_physics(const PhysicsOptions& options) {
    require(shared_ != nullptr, "Model::set_physics", "a loaded model", "an empty one");
    require(shared_.use_count() == 1, "Model::set_physics", "a model that no other handle shares", "a shared one");
    options.apply(shared_->model->opt);
  }

  /// The same model with work spaces of its own. Pre: not empty. Throws: MujocoError for want of memory.
  [[nodiscard]] Model clone() const {
    mjModel* copy = nullptr;
    guarded([&] { copy = mj_copyModel(nullptr, shared_->model); });
    if (copy == nullptr) throw MujocoError("MuJoCo: no memory for mjModel");
    Model model(copy);
    model.shared_->loaded_options = shared_->loaded_options;
    return model;
  }

  /// Says what a work space's physics warnings mean, each kind once a model. Pre: there are such.
  void report_warnings(const std::string& who, const mjData& data) const {
    unsigned raised = 0;
    for (const mjtWarning warning : kPhysicsWarnings) raised |= data.warning[warning].number > 0 ? 1U << warning : 0;
    const unsigned said = shared_->warnings_said.fetch_or(raised, std::memory_order_relaxed);
    if ((raised & ~said) != 0) say_once(who, describe_physics_warnings(get(), data));
  }

  /// Work spaces made so far that are not on loan.
  [[nodiscard]] Index idle_count() const {
    return std::count_if(shared_->slots.begin(), shared_->slots.end(),
                         [](const Slot& slot) { return slot.space.load(std::memory_order_relaxed) != nullptr; });
  }

 private:
  friend class DataLease;

  /// What one thread works in: data, and where parameters are randomized a model that may be written to.
  struct WorkSpace {
    explicit WorkSpace(const mjModel& model) {
      guarded([&] { data = mj_makeData(&model); });
      if (data == nullptr) throw MujocoError("MuJoCo: no memory for mjData");
    }
    WorkSpace(const WorkSpace&) = delete;
    WorkSpace& operator=(const WorkSpace&) = delete;
    ~WorkSpace() {
      mj_deleteData(data);
      mj_deleteModel(varied);
    }

    mjData* data = nullptr;
    mjModel* varied = nullptr;
  };

  /// One cache line a slot, so that threads do not disturb each other.
  struct alignas(64) Slot {
    std::atomic<WorkSpace*> space = nullptr;
  };

  struct Shared {
    explicit Shared(mjModel* loaded) : model(loaded), loaded_options(loaded->opt) {}
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() {
      for (Slot& slot : slots) delete slot.space.load();
      mj_deleteModel(model);
    }

    mjModel* model;
    mjOption loaded_options;
    Vector<double> initial_state;
    std::array<Slot, 64> slots;
    std::atomic<unsigned> warnings_said = 0;
  };

  explicit Model(mjModel* model) : shared_(std::make_shared<Shared>(model)) {
    auto space = std::make_unique<WorkSpace>(*model);
    shared_->initial_state.resize(IntegrationState::size(*model));
    IntegrationState::save(*model, *space->data, shared_->initial_state.data());
    shared_->slots[0].space.store(space.release());
  }

  /// MuJoCo ends its messages with empty lines.
  static std::string trimmed(std::string words) {
    words.erase(words.find_last_not_of(" \n") + 1);
    return words;
  }

  static mjModel* load_text(mjVFS& files, const std::string& text, std::array<char, 1024>& words) {
    constexpr const char* file = "model.xml";
    const int size = static_cast<int>(text.size());
#if mjVERSION_HEADER >= 313
    if (mj_addBufferVFS(&files, file, text.data(), size) != 0) return nullptr;
#else
    if (mj_makeEmptyFileVFS(&files, file, size) != 0) return nullptr;
    std::memcpy(files.filedata[mj_findFileVFS(&files, file)], text.data(), text.size());
#endif
    return mj_loadXML(file, &files, words.data(), static_cast<int>(words.size()));
  }

  std::shared_ptr<Shared> shared_;
};

/// A work space on loan from a model, given back at the end of the scope. Lock-free; a thread prefers the one it had
/// last. Cost: one atomic exchange each way; a new mjData the first time that as many threads borrow at once.
class DataLease {
 public:
  /// Borrows a work space, or makes one. Throws: MujocoError for want of memory.
  explicit DataLease(const Model& model) : shared_(model.shared_.get()) {
    const std::size_t count = shared_->slots.size();
    for (std::size_t i = 0; i < count && space_ == nullptr; ++i) {
      std::atomic<Model::WorkSpace*>& slot = shared_->slots[(preferred() + i) % count].space;
      if (slot.load(std::memory_order_relaxed) != nullptr) {
        space_.reset(slot.exchange(nullptr, std::memory_order_acquire));
      }
    }
    if (space_ == nullptr) space_ = std::make_unique<Model::WorkSpace>(*shared_->model);
  }
  DataLease(const DataLease&) = delete;
  DataLease& operator=(const DataLease&) = delete;

  ~DataLease() {
    const std::size_t count = shared_->slots.size();
    for (std::size_t i = 0; i < count && space_ != nullptr; ++i) {
      Model::WorkSpace* empty = nullptr;
      if (shared_->slots[(preferred() + i) % count].space.compare_exchange_strong(
              empty, space_.get(), std::memory_order_release, std::memory_order_relaxed)) {
        static_cast<void>(space_.release());
      }
    }
  }

  /// The work space.
  [[nodiscard]] mjData& get() const { return *space_->data; }

  /// A copy of the model that belongs to this work space and may be written to. Throws: MujocoError for want of memory.
  [[nodiscard]] mjModel& varied() const {
    if (space_->varied == nullptr) guarded([&] { space_->varied = mj_copyModel(nullptr, shared_->model); });
    if (space_->varied == nullptr) throw MujocoError("MuJoCo: no memory for mjModel");
    return *space_->varied;
  }

  /// As guarded(call); after an error the work space is thrown away, since MuJoCo left it in the middle of something.
  template <class Call>
  void run(Call&& call) {
    try {
      guarded(call);
    } catch (const MujocoError&) {
      space_.reset();
      throw;
    }
  }

 private:
  /// A small number of the calling thread.
  static std::size_t preferred() {
    static std::atomic<std::size_t> threads = 0;
    static thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed);
    return mine;
  }

  Model::Shared* shared_;
  std::unique_ptr<Model::WorkSpace> space_;
};

}  // namespace vantage::mujoco

#endif
