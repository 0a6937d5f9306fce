// A device type for tests: a light that needs a turn, a sum that needs none, two channels, a stream.
#pragma once
#include <catch2/catch.hpp>

#include "plugin/manifest.hpp"

namespace robohub::agent::test {

inline std::shared_ptr<const plugin::Manifest> aManifest() {
  auto manifest = plugin::Manifest::parse(R"({
    "abi": 1, "id": "lamp", "version": "1.0.0", "title": "Lamp", "vendor": "Robohub", "licence": "Apache-2.0",
    "documentation": "", "permissions": [],
    "device_types": [{
      "type": "lamp", "title": "Lamp", "description": "A lamp",
      "commands": [
        {"name": "on", "title": "On", "description": "Switches", "turn": "required", "ttl_ms": 2000, "hazardous": true,
         "panel": false, "params": {"type": "object", "additionalProperties": false, "required": ["level"],
           "properties": {"level": {"type": "integer", "minimum": 0, "maximum": 10, "x-unit": "1"}}}},
        {"name": "read", "title": "Read", "description": "Reads", "turn": "none", "ttl_ms": 2000, "hazardous": false,
         "panel": false, "params": {"type": "object", "additionalProperties": false, "properties": {}}}],
      "channels": [
        {"name": "level", "title": "Level", "kind": "state", "max_rate_hz": 10, "schema": {"type": "object",
          "additionalProperties": false, "required": ["level"],
          "properties": {"level": {"type": "integer", "minimum": 0, "maximum": 10, "x-unit": "1"}}}},
        {"name": "heat", "title": "Heat", "kind": "value", "max_rate_hz": 2, "schema": {"type": "object",
          "additionalProperties": false,
          "properties": {"heat_c": {"type": "number", "minimum": -50, "maximum": 200, "x-unit": "Cel"}}}}],
      "streams": [{"name": "main", "kind": "mjpeg", "width": 640, "height": 480}],
      "safety": {"hazards": ["light"], "deadman_ms": 300, "halt": "Light off"},
      "panels": []}]})");
  if (!manifest) FAIL(manifest.error().where << ": " << manifest.error().message);
  return *manifest;
}

}  // namespace robohub::agent::test
