// SPDX-License-Identifier: MIT
#ifndef VANTAGE_DEPLOY_ONNX_GRAPH_HPP
#define VANTAGE_DEPLOY_ONNX_GRAPH_HPP

#include <algorithm>
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "vantage/deploy/policy_function.hpp"
#include "vantage/io/csv.hpp"
#include "vantage/io/protobuf_writer.hpp"
#include "vantage/version.hpp"

namespace vantage {

/// A chain of ONNX operators from one tensor to another, batch x size each, with its constants; the batch is free.
/// The bytes are a ModelProto of IR version 7 and operator set 13, which every runtime since 2020 reads.
/// Source: onnx.proto and Operators.md of the ONNX specification.
class OnnxGraph {
 public:
  static constexpr int kIrVersion = 7;     ///< of the file's format
  static constexpr int kOperatorSet = 13;  ///< which the operators' meaning belongs to
  static constexpr int kBoolean = 9;       ///< the type of element that Cast goes to for Where

  /// One of the graph's ends.
  struct End {
    std::string name;         ///< by which programs know it
    Index size;               ///< numbers of its one row
    std::string description;  ///< for people
  };

  /// A graph without a node; all its numbers are of this precision.
  explicit OnnxGraph(Precision precision) : precision_(precision) {}

  /// A constant of the graph's precision; returns its name. `data` lies row by row.
  /// Throws: std::invalid_argument for a finite number that the precision cannot hold.
  std::string constant(const std::string& name, std::initializer_list<Index> shape, const double* data, Index size) {
    std::string raw;
    for (Index i = 0; i < size; ++i) {
      const double number = detail::rounded(data[i], precision_, "onnx_model");
      if (precision_ == Precision::double_precision) detail::append_fixed(raw, std::bit_cast<std::uint64_t>(number));
      else detail::append_fixed(raw, std::bit_cast<std::uint32_t>(static_cast<float>(number)));
    }
    ProtobufWriter tensor;
    for (const Index length : shape) tensor.integer(kTensorDims, length);
    constants_.message(kGraphInitializer,
                       tensor.integer(kTensorType, type()).text(kTensorName, name).text(kTensorRawData, raw));
    return name;
  }
  std::string constant(const std::string& name, const Vector<double>& numbers) {
    return constant(name, {numbers.size()}, numbers.data(), numbers.size());
  }
  std::string constant(const std::string& name, double number) { return constant(name, {}, &number, 1); }

  /// A constant of whole numbers, such as positions; returns its name.
  std::string whole_numbers(const std::string& name, const std::vector<Index>& numbers) {
    std::string raw;
    for (const Index number : numbers) detail::append_fixed(raw, static_cast<std::uint64_t>(number));
    constants_.message(kGraphInitializer, ProtobufWriter()
                                              .integer(kTensorDims, static_cast<Index>(numbers.size()))
                                              .integer(kTensorType, kInt64)
                                              .text(kTensorName, name)
                                              .text(kTensorRawData, raw));
    return name;
  }

  /// Appends an operator that takes the last one's output (or the graph's input) and `constants`. The attribute "axes"
  /// is a list of one axis, the others are numbers.
  void apply(const std::string& operation, std::vector<std::string> constants = {},
             std::vector<std::pair<std::string, Index>> attributes = {}) {
    nodes_.push_back({operation, std::move(constants), std::move(attributes), "t" + csv_number(nodes_.size())});
  }
  /// The name of what the last operator gives, and a way to refer to an earlier one.
  [[nodiscard]] std::string last() const { return nodes_.empty() ? std::string() : nodes_.back().output; }

  /// Appends an operator on tensors that are named.
  void combine(const std::string& operation, std::vector<std::string> inputs,
               std::vector<std::pair<std::string, Index>> attributes = {}) {
    apply(operation, {}, std::move(attributes));
    nodes_.back().inputs = std::move(inputs);
    nodes_.back().is_chained = false;
  }

  /// The whole model. Pre: at least one operator.
  [[nodiscard]] std::string model(const End& input, const End& output, const std::string& description,
                                  const FileMetadata& metadata) const {
    ProtobufWriter graph;
    std::string from = input.name;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const Node& node = nodes_[i];
      ProtobufWriter writer;
      if (node.is_chained) writer.text(kNodeInput, from);
      for (const std::string& name : node.inputs) writer.text(kNodeInput, name);
      from = i + 1 == nodes_.size() ? output.name : node.output;
      writer.text(kNodeOutput, from).text(kNodeName, node.operation + "_" + csv_number(i));
      writer.text(kNodeOperation, node.operation);
      for (const auto& [name, value] : node.attributes) {
        const bool is_list = name == "axes";
        writer.message(kNodeAttribute, ProtobufWriter()
                                           .text(kAttributeName, name)
                                           .integer(is_list ? kAttributeIntegers : kAttributeInteger, value)
                                           .integer(kAttributeType, is_list ? kIsIntegers : kIsInteger));
      }
      graph.message(kGraphNode, writer);
    }
    graph.text(kGraphName, "policy");
    graph.message(kGraphInput, value_info(input, type())).message(kGraphOutput, value_info(output, output_type()));

    ProtobufWriter model;
    model.integer(kModelIrVersion, kIrVersion).text(kModelProducer, "vantage");
    model.text(kModelProducerVersion, VANTAGE_VERSION).text(kModelDescription, description);
    model.text(kModelGraph, graph.bytes() + constants_.bytes());
    model.message(kModelOperatorSet, ProtobufWriter().text(kSetDomain, "").integer(kSetVersion, kOperatorSet));
    for (const auto& [key, value] : metadata) {
      model.message(kModelMetadata, ProtobufWriter().text(kEntryKey, key).text(kEntryValue, value));
    }
    return model.bytes();
  }

 private:
  // numbers of fields, and of types of tensors, in onnx.proto
  static constexpr unsigned kModelIrVersion = 1, kModelProducer = 2, kModelProducerVersion = 3, kModelDescription = 6,
                            kModelGraph = 7, kModelOperatorSet = 8, kModelMetadata = 14;
  static constexpr unsigned kSetDomain = 1, kSetVersion = 2, kEntryKey = 1, kEntryValue = 2;
  static constexpr unsigned kGraphNode = 1, kGraphName = 2, kGraphInitializer = 5, kGraphInput = 11, kGraphOutput = 12;
  static constexpr unsigned kNodeInput = 1, kNodeOutput = 2, kNodeName = 3, kNodeOperation = 4, kNodeAttribute = 5;
  static constexpr unsigned kAttributeName = 1, kAttributeInteger = 3, kAttributeIntegers = 8, kAttributeType = 20;
  static constexpr unsigned kIsInteger = 2, kIsIntegers = 7;
  static constexpr unsigned kTensorDims = 1, kTensorType = 2, kTensorName = 8, kTensorRawData = 9;
  static constexpr unsigned kValueName = 1, kValueType = 2, kValueDescription = 3, kTypeTensor = 1;
  static constexpr unsigned kTensorTypeElement = 1, kTensorTypeShape = 2, kShapeDimension = 1;
  static constexpr unsigned kDimensionSize = 1, kDimensionName = 2;
  static constexpr int kFloat = 1, kInt64 = 7, kDouble = 11;

  struct Node {
    std::string operation;
    std::vector<std::string> inputs;  // behind the output of the node before, if it is chained
    std::vector<std::pair<std::string, Index>> attributes;
    std::string output;
    bool is_chained = true;
  };

  [[nodiscard]] int type() const { return precision_ == Precision::double_precision ? kDouble : kFloat; }
  // numbers of choices, where there are any
  [[nodiscard]] int output_type() const {
    const bool chooses =
        std::any_of(nodes_.begin(), nodes_.end(), [](const Node& node) { return node.operation == "ArgMax"; });
    return chooses ? kInt64 : type();
  }

  static ProtobufWriter value_info(const End& end, int type) {
    ProtobufWriter shape, tensor, whole;
    shape.message(kShapeDimension, ProtobufWriter().text(kDimensionName, "batch"));
    shape.message(kShapeDimension, ProtobufWriter().integer(kDimensionSize, end.size));
    tensor.integer(kTensorTypeElement, type).message(kTensorTypeShape, shape);
    whole.message(kTypeTensor, tensor);
    return ProtobufWriter()
        .text(kValueName, end.name)
        .message(kValueType, whole)
        .text(kValueDescription, end.description);
  }

  Precision precision_;
  ProtobufWriter constants_;
  std::vector<Node> nodes_;
};

}  // namespace vantage

#endif
