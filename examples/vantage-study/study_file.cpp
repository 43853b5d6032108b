// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>
#include <stdexcept>

#include "nearest.hpp"
#include "study.hpp"
#include "toml_reader.hpp"
#include "vantage/core/error.hpp"
#include "vantage/io/atomic_file.hpp"

namespace {

using vantage::detail::join;

std::string text_of(const std::filesystem::path& path) {
  try {
    return vantage::read_file(path);
  } catch (const vantage::FileError& error) {
    throw std::invalid_argument(error.what());
  }
}

/// Reads the keys of one table; what was not read is an error in the end.
class Keys {
 public:
  Keys(const std::string& path, const toml::table& table) : path_(path), table_(table) {}

  [[nodiscard]] std::string place(const std::string& key) const {
    const toml::node* node = table_.get(key);
    return toml_place(path_, (node != nullptr ? *node : static_cast<const toml::node&>(table_)).source(), key);
  }
  [[noreturn]] void refuse(const std::string& key, const std::string& expected) const {
    throw std::invalid_argument(join(place(key), ": expected ", expected));
  }
  const toml::node* find(const std::string& key) {
    known_.insert(key);
    return table_.get(key);
  }
  bool has(const std::string& key) const { return table_.contains(key); }

  std::string text(const std::string& key, const std::string& otherwise = {}) {
    const toml::node* node = find(key);
    if (node == nullptr) return otherwise;
    const auto value = node->value_exact<std::string>();
    if (!value) refuse(key, "a text");
    return *value;
  }
  std::string needed_text(const std::string& key) {
    std::string value = text(key);
    if (value.empty()) refuse(key, "a text");
    return value;
  }
  std::optional<double> number(const std::string& key) {
    const toml::node* node = find(key);
    if (node == nullptr) return {};
    const auto value = node->is_number() ? node->value<double>() : std::nullopt;
    if (!value) refuse(key, "a number");
    return value;
  }
  std::optional<std::int64_t> whole(const std::string& key, std::int64_t at_least) {
    const toml::node* node = find(key);
    if (node == nullptr) return {};
    // 1e6 is meant as a whole number too
    const auto value = node->is_number() ? node->value<std::int64_t>() : std::nullopt;
    if (!value || *value < at_least) refuse(key, join("a whole number >= ", at_least));
    return value;
  }
  bool flag(const std::string& key) {
    const toml::node* node = find(key);
    if (node == nullptr) return false;
    const auto value = node->value_exact<bool>();
    if (!value) refuse(key, "true or false");
    return *value;
  }
  const toml::table* table(const std::string& key) {
    const toml::node* node = find(key);
    if (node == nullptr) return nullptr;
    if (!node->is_table()) refuse(key, "a table");
    return node->as_table();
  }
  /// The tables of [[key]].
  std::vector<const toml::table*> tables(const std::string& key) {
    std::vector<const toml::table*> result;
    const toml::node* node = find(key);
    if (node == nullptr) return result;
    const toml::array* array = node->as_array();
    if (array == nullptr) refuse(key, join("tables [[", key, "]]"));
    for (const toml::node& element : *array) {
      if (!element.is_table()) refuse(key, join("tables [[", key, "]]"));
      result.push_back(element.as_table());
    }
    return result;
  }
  std::vector<std::string> texts(const std::string& key) {
    std::vector<std::string> result;
    const toml::node* node = find(key);
    if (node == nullptr) return result;
    const toml::array* array = node->as_array();
    if (array == nullptr) refuse(key, "a list of texts");
    for (const toml::node& element : *array) {
      const auto value = element.value_exact<std::string>();
      if (!value) refuse(key, "a list of texts");
      result.push_back(*value);
    }
    return result;
  }
  std::vector<std::int64_t> wholes(const std::string& key, std::int64_t at_least) {
    std::vector<std::int64_t> result;
    const toml::node* node = find(key);
    const toml::array* array = node == nullptr ? nullptr : node->as_array();
    if (array == nullptr || array->empty()) refuse(key, "a list of whole numbers");
    for (const toml::node& element : *array) {
      const auto value = element.is_number() ? element.value<std::int64_t>() : std::nullopt;
      if (!value || *value < at_least) refuse(key, join("whole numbers >= ", at_least));
      result.push_back(*value);
    }
    return result;
  }
  GivenOptions options(const std::string& key) {
    const toml::table* found = table(key);
    return found == nullptr ? GivenOptions{} : options_of(path_, *found);
  }
  void finish() const {
    for (const auto& [key, node] : table_) {
      const std::string name(key.str());
      if (known_.contains(name)) continue;
      throw std::invalid_argument(join(toml_place(path_, key.source(), name), ": there is no such key; the nearest is ",
                                       nearest(name, {known_.begin(), known_.end()})));
    }
  }

 private:
  const std::string& path_;
  const toml::table& table_;
  std::set<std::string> known_;
};

class StudyReader {
 public:
  StudyReader(std::string path, std::filesystem::path folder) : path_(std::move(path)), folder_(std::move(folder)) {}

  Study read(const std::string& text) {
    toml::table root = parse_toml(path_, text);
    if (root.contains("base")) take_base(root);
    Keys keys(path_, root);
    study_.text = text;
    study_.title = keys.needed_text("title");
    study_.source = keys.text("source");
    study_.about = keys.text("about");
    study_.seeds = keys.whole("seeds", 1).value_or(1);
    study_.common = keys.options("common");
    no_seed(keys, "common", study_.common);
    if (const toml::table* grid = keys.table("grid")) read_grid(*grid);
    study_.rows = keys.text("rows", study_.grid.empty() ? "" : study_.grid.back().name);
    if (!study_.rows.empty()) dimension(keys, "rows", study_.rows);
    for (const toml::table* table : keys.tables("rule")) read_rule(*table);
    if (const toml::table* scales = keys.table("scale")) {
      for (const auto& [key, node] : *scales) {
        if (!node.is_table())
          throw std::invalid_argument(join(toml_place(path_, key.source(), key.str()), ": expected a table"));
        read_scale(std::string(key.str()), *node.as_table());
      }
    }
    for (const toml::table* table : keys.tables("measure")) read_measure(*table);
    if (study_.measures.empty()) keys.refuse("measure", "[[measure]], once at least");
    for (const toml::table* table : keys.tables("figure")) read_figure(*table);
    for (const toml::table* table : keys.tables("accept")) read_acceptance(*table);
    keys.finish();
    return std::move(study_);
  }

 private:
  /// What runs are is taken from another study, but for what this one says itself.
  void take_base(toml::table& root) const {
    Keys keys(path_, root);
    const std::string file = (folder_ / keys.needed_text("base")).string();
    const toml::table other = parse_toml(file, text_of(file));
    for (const char* key : {"common", "grid", "rule", "scale", "seeds", "rows"}) {
      if (!root.contains(key) && other.contains(key)) root.insert(key, *other.get(key));
    }
    root.erase("base");
  }

  static void no_seed(const Keys& keys, const std::string& key, const GivenOptions& options) {
    for (const char* name : {"seed", "output", "threads"}) {
      if (options.contains(find_option(name))) keys.refuse(key, join("no ", name, ", which the study decides"));
    }
  }

  const Dimension& dimension(const Keys& keys, const std::string& key, const std::string& name) const {
    const Dimension* found = find_dimension(study_, name);
    if (found != nullptr) return *found;
    std::vector<std::string> names;
    for (const Dimension& one : study_.grid) names.push_back(one.name);
    keys.refuse(key, join("a dimension of the grid (", listed(names), "), got ", name));
  }

  void check_label(const Keys& keys, const std::string& key, const std::string& name, const std::string& label) const {
    const Dimension& found = dimension(keys, key, name);
    std::vector<std::string> labels;
    for (const Choice& choice : found.choices) labels.push_back(choice.label);
    if (std::find(labels.begin(), labels.end(), label) == labels.end()) {
      keys.refuse(key, join("a label of ", name, " (", listed(labels), "), got ", label));
    }
  }

  /// A label, or a list of them, for each dimension.
  Where labels(Keys& keys, const std::string& key) const {
    Where result;
    const toml::table* table = keys.table(key);
    if (table == nullptr) return result;
    for (const auto& [name, node] : *table) {
      const std::string dimension_name(name.str());
      std::set<std::string>& found = result[dimension_name];
      // a label that is a list itself, such as widths, is written as a text
      if (const toml::array* list = node.as_array()) {
        for (const toml::node& element : *list) found.insert(label_of(element, keys, key));
      } else {
        found.insert(label_of(node, keys, key));
      }
      for (const std::string& label : found) check_label(keys, key, dimension_name, label);
    }
    return result;
  }

  static std::string label_of(const toml::node& node, const Keys& keys, const std::string& key) {
    if (const auto text = node.value_exact<std::string>()) return *text;
    if (const auto whole = node.value_exact<std::int64_t>()) return std::to_string(*whole);
    if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
    if (const auto number = node.value_exact<double>()) return join(*number);
    if (const toml::array* list = node.as_array()) {
      std::string text;
      for (const toml::node& element : *list) text += (text.empty() ? "" : ",") + label_of(element, keys, key);
      return text;
    }
    keys.refuse(key, "labels");
  }

  void read_grid(const toml::table& grid) {
    Keys keys(path_, grid);
    // in the order of the file: what comes later has the last word
    std::vector<const toml::key*> order;
    for (const auto& [key, node] : grid) order.push_back(&key);
    std::sort(order.begin(), order.end(),
              [](const auto* a, const auto* b) { return a->source().begin < b->source().begin; });
    for (const toml::key* key : order) {
      const std::string name(key->str());
      const toml::array* list = grid.get(name)->as_array();
      if (list == nullptr || list->empty())
        keys.refuse(name, "a list of values, or of tables with a label and options");
      Dimension dimension{name, {}};
      for (const toml::node& element : *list) dimension.choices.push_back(choice(keys, *key, element));
      for (std::size_t i = 0; i < dimension.choices.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          if (dimension.choices[i].label == dimension.choices[j].label) {
            keys.refuse(name, join("each label once, got ", dimension.choices[i].label, " twice"));
          }
        }
      }
      study_.grid.push_back(std::move(dimension));
    }
  }

  Choice choice(const Keys& keys, const toml::key& key, const toml::node& element) const {
    const std::string name(key.str());
    Choice result;
    if (const toml::table* table = element.as_table()) {
      const toml::node* label = table->get("label");
      if (label == nullptr) keys.refuse(name, "a label in each of its tables");
      result = {label_of(*label, keys, name), options_of(path_, *table, "label")};
    } else {
      if (find_option(name) == nullptr) {
        keys.refuse(name, "an option of vantage-train, or tables with a label and options");
      }
      result.label = label_of(element, keys, name);
      read_option(path_, key, element, result.options);
    }
    no_seed(keys, name, result.options);
    return result;
  }

  void read_rule(const toml::table& table) {
    Keys keys(path_, table);
    Rule rule{labels(keys, "where"), keys.flag("skip"), keys.options("options")};
    if (rule.where.empty()) keys.refuse("where", "labels of the cells that the rule is for");
    no_seed(keys, "options", rule.options);
    keys.finish();
    study_.rules.push_back(std::move(rule));
  }

  void read_scale(const std::string& name, const toml::table& table) {
    Keys keys(path_, table);
    StudyScale scale;
    scale.seeds = keys.whole("seeds", 1);
    scale.options = keys.options("options");
    no_seed(keys, "options", scale.options);
    scale.diagnosis = keys.text("diagnosis");
    if (!scale.diagnosis.empty()) one_of(keys, "diagnosis", scale.diagnosis, {"small", "medium", "paper"});
    if (const toml::table* only = keys.table("only")) {
      Keys inner(path_, *only);
      for (const auto& [key, node] : *only) {
        const std::string dimension_name(key.str());
        const toml::array* list = node.as_array();
        if (list == nullptr) inner.refuse(dimension_name, "a list of labels");
        for (const toml::node& element : *list) {
          scale.only[dimension_name].push_back(label_of(element, inner, dimension_name));
          check_label(inner, dimension_name, dimension_name, scale.only[dimension_name].back());
        }
      }
    }
    keys.finish();
    study_.scales.emplace(name, std::move(scale));
  }

  void read_measure(const toml::table& table) {
    Keys keys(path_, table);
    Measure measure;
    measure.name = keys.needed_text("name");
    for (const Measure& other : study_.measures) {
      if (other.name == measure.name) keys.refuse("name", "each measure once, got " + measure.name + " twice");
    }
    measure.where = labels(keys, "where");
    if (keys.has("diagnose")) {
      measure.kind = Measure::Kind::diagnosis;
      measure.diagnosis = *diagnosis(keys);
      if (keys.has("number") == keys.has("table")) keys.refuse("diagnose", "either number or table beside it");
      measure.number = keys.text("number");
      measure.table = keys.text("table");
      if (!measure.table.empty()) {
        measure.column = keys.needed_text("column");
        if (keys.flag("best")) measure.take = Measure::Take::best;
        const toml::table* row = keys.table("row");
        if (row == nullptr) keys.refuse("row", "numbers of columns by which the row is found");
        for (const auto& [column, node] : *row) {
          if (!node.is_number()) keys.refuse("row", "numbers");
          measure.row[std::string(column.str())] = *node.value<double>();
        }
      }
    } else if (keys.has("episodes")) {
      measure.kind = Measure::Kind::evaluation;
      measure.episodes = *keys.whole("episodes", 1);
      measure.deterministic = keys.flag("deterministic");
      measure.number = keys.text("number", "return.mean");
    } else if (keys.has("column")) {
      measure.file = run_file(keys);
      measure.column = keys.needed_text("column");
      measure.along = keys.text("along", measure.along);
      int takes = 0;
      for (const char* take : {"share", "at", "area", "best", "reach"}) takes += int{keys.has(take)};
      if (takes > 1) keys.refuse("column", "at most one of share, at, area, best and reach beside it");
      if (const auto share = keys.number("share")) {
        if (!(*share > 0 && *share <= 1)) keys.refuse("share", "a number above 0 and at most 1");
        measure.take = Measure::Take::share;
        measure.amount = *share;
      } else if (const auto at = keys.number("at")) {
        if (!(*at > 0)) keys.refuse("at", "a number > 0");
        measure.take = Measure::Take::at;
        measure.amount = *at;
      } else if (const auto reach = keys.number("reach")) {
        measure.take = Measure::Take::reach;
        measure.amount = *reach;
      } else if (keys.flag("area")) {
        measure.take = Measure::Take::area;
      } else if (keys.flag("best")) {
        measure.take = Measure::Take::best;
      }
    } else {
      keys.refuse("name", "column, episodes or diagnose beside it");
    }
    keys.finish();
    study_.measures.push_back(std::move(measure));
  }

  /// The table of a run that `file` names.
  static std::string run_file(Keys& keys) {
    std::string file = keys.text("file", "progress");
    one_of(keys, "file", file, {"progress", "evaluation"});
    return file;
  }

  /// The measurement that `diagnose` and `iteration` name, if there is one.
  static std::optional<Diagnosis> diagnosis(Keys& keys) {
    if (!keys.has("diagnose")) return {};
    Diagnosis found{keys.texts("diagnose"), keys.whole("iteration", 0)};
    if (found.command.empty()) keys.refuse("diagnose", "a measurement of vantage-diagnose and its options");
    return found;
  }

  void read_figure(const toml::table& table) {
    Keys keys(path_, table);
    Figure figure;
    figure.name = keys.needed_text("name");
    if (figure.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
        std::string::npos) {
      keys.refuse("name", "letters, digits, _ and -, since it becomes a file's");
    }
    figure.title = keys.text("title", study_.title);
    figure.diagnosis = diagnosis(keys);
    if (figure.diagnosis && keys.has("iterations")) {
      figure.iterations = keys.wholes("iterations", 0);
      figure.number = figure.y = keys.needed_text("number");
    } else if (figure.diagnosis) {
      figure.table = keys.needed_text("table");
      figure.x = keys.needed_text("x");
      figure.y = keys.needed_text("y");
    } else {
      figure.file = run_file(keys);
      figure.x = keys.text("x", figure.x);
      figure.y = keys.needed_text("y");
    }
    figure.x_label = keys.text("x-label", figure.x);
    figure.y_label = keys.text("y-label", figure.y);
    figure.logarithmic = keys.flag("logarithmic");
    figure.panels = keys.text("panels");
    figure.lines = keys.text("lines");
    if (!figure.panels.empty()) dimension(keys, "panels", figure.panels);
    if (!figure.lines.empty()) dimension(keys, "lines", figure.lines);
    figure.where = labels(keys, "where");
    for (const toml::table* one : keys.tables("reference")) {
      Keys inner(path_, *one);
      Reference reference;
      reference.file = existing_file(inner);
      reference.label = inner.needed_text("label");
      reference.x = inner.text("x", reference.x);
      reference.y = inner.text("y", reference.y);
      reference.low = inner.text("low");
      reference.high = inner.text("high");
      inner.finish();
      figure.references.push_back(std::move(reference));
    }
    keys.finish();
    study_.figures.push_back(std::move(figure));
  }

  void read_acceptance(const toml::table& table) {
    Keys keys(path_, table);
    Acceptance accept;
    accept.claim = keys.needed_text("claim");
    accept.measure = keys.needed_text("measure");
    accept.right_measure = keys.text("right-measure", accept.measure);
    std::vector<std::string> names;
    for (const Measure& measure : study_.measures) names.push_back(measure.name);
    for (const auto& [key, name] :
         {std::pair("measure", accept.measure), std::pair("right-measure", accept.right_measure)}) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        keys.refuse(key, join("one of the measures (", listed(names), "), got ", name));
      }
    }
    accept.statistic = keys.text("statistic", accept.statistic);
    one_of(keys, "statistic", accept.statistic, {"mean", "median", "interquartile_mean", "sd", "probability"});
    accept.relation = keys.text("relation", accept.relation);
    one_of(keys, "relation", accept.relation, {">=", "<=", ">", "<", "within"});
    accept.factor = keys.number("factor").value_or(1);
    accept.tolerance = keys.number("tolerance").value_or(0);
    if (keys.has("each") && table.get("each")->is_string()) {
      accept.each = {keys.text("each")};
    } else {
      accept.each = keys.texts("each");
    }
    for (const std::string& one : accept.each) dimension(keys, "each", one);
    accept.scales = keys.texts("scales");
    for (const std::string& one : accept.scales) {
      if (!study_.scales.contains(one)) keys.refuse("scales", "scales of the study, got " + one);
    }
    accept.left = labels(keys, "left");
    accept.right = labels(keys, "right");
    accept.number = keys.number("number");
    if (const toml::table* numbers = keys.table("numbers")) read_numbers(keys, *numbers, accept);
    if (const toml::table* published = keys.table("published")) {
      Keys inner(path_, *published);
      accept.published = Published{existing_file(inner), inner.text("mean", "mean"), inner.text("deviation", "sd")};
      inner.finish();
    }
    const int rights =
        int{keys.has("right")} + int{keys.has("number")} + int{keys.has("numbers")} + int{keys.has("published")};
    if (rights != 1) keys.refuse("claim", "one of right, number, numbers and published beside it");
    const bool has_tolerance = accept.relation == "within" || accept.published;
    if (has_tolerance != (accept.tolerance > 0)) {
      keys.refuse("tolerance", "a share > 0 beside the relation within, deviations > 0 beside published, else none");
    }
    if (accept.published && accept.relation != "within" && accept.relation != ">=") {
      keys.refuse("relation", join("within or >= beside published, got ", accept.relation));
    }
    if (accept.statistic == "probability") {
      if (!accept.number) keys.refuse("statistic", "number beside probability, which is that left is above against");
      accept.right = labels(keys, "against");
      if (accept.right.empty()) keys.refuse("against", "the labels that probability compares with");
    }
    keys.finish();
    study_.acceptances.push_back(std::move(accept));
  }

  void read_numbers(const Keys& keys, const toml::table& numbers, Acceptance& accept) const {
    if (accept.each.size() != 1)
      keys.refuse("numbers", "each beside it, with the one dimension whose labels they are of");
    for (const auto& [key, node] : numbers) {
      const std::string label(key.str());
      check_label(keys, "numbers", accept.each.front(), label);
      if (!node.is_number()) keys.refuse("numbers", "numbers");
      accept.numbers[label] = *node.value<double>();
    }
  }

  /// The file that a table names.
  std::filesystem::path existing_file(Keys& keys) const {
    std::filesystem::path file = folder_ / keys.needed_text("file");
    if (!std::filesystem::exists(file)) keys.refuse("file", "a file that exists, got " + file.string());
    return file;
  }

  static void one_of(const Keys& keys, const std::string& key, const std::string& value,
                     const std::vector<std::string>& known) {
    if (std::find(known.begin(), known.end(), value) == known.end()) {
      keys.refuse(key, join("one of ", listed(known), ", got ", value));
    }
  }

  std::string path_;
  std::filesystem::path folder_;
  Study study_;
};

}  // namespace

Study read_study(const std::filesystem::path& path) {
  return StudyReader(path.string(), path.parent_path()).read(text_of(path));
}

const Dimension* find_dimension(const Study& study, const std::string& name) {
  for (const Dimension& dimension : study.grid) {
    if (dimension.name == name) return &dimension;
  }
  return nullptr;
}

bool matches(const Labels& cell, const Where& where) {
  return std::all_of(where.begin(), where.end(), [&](const auto& wanted) {
    const auto found = cell.find(wanted.first);
    return found != cell.end() && wanted.second.contains(found->second);
  });
}

Where only(const Labels& cell) {
  Where where;
  for (const auto& [dimension, label] : cell) where[dimension] = {label};
  return where;
}

std::vector<Diagnosis> diagnoses_of(const Figure& figure, std::int64_t iterations) {
  if (!figure.diagnosis) return {};
  if (figure.iterations.empty()) return {*figure.diagnosis};
  std::vector<Diagnosis> found;
  for (const std::int64_t iteration : figure.iterations) {
    if (iteration <= iterations) found.push_back({figure.diagnosis->command, iteration});
  }
  return found;
}

std::vector<Diagnosis> diagnoses_of(const Study& study, const Labels& cell, std::int64_t iterations) {
  std::vector<Diagnosis> found;
  const auto add = [&](const Diagnosis& one, const Where& where) {
    if (matches(cell, where) && std::find(found.begin(), found.end(), one) == found.end()) found.push_back(one);
  };
  for (const Measure& measure : study.measures) {
    if (measure.kind == Measure::Kind::diagnosis) add(measure.diagnosis, measure.where);
  }
  for (const Figure& figure : study.figures) {
    for (const Diagnosis& one : diagnoses_of(figure, iterations)) add(one, figure.where);
  }
  return found;
}
