// Made from schemas/ by `npm run generate`. Do not edit.
var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __commonJS = (cb, mod) => function __require() {
  try {
    return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
  } catch (e) {
    throw mod = 0, e;
  }
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target,
  mod
));

// node_modules/ajv/dist/runtime/ucs2length.js
var require_ucs2length = __commonJS({
  "node_modules/ajv/dist/runtime/ucs2length.js"(exports) {
    "use strict";
    Object.defineProperty(exports, "__esModule", { value: true });
    function ucs2length(str) {
      const len = str.length;
      let length = 0;
      let pos = 0;
      let value;
      while (pos < len) {
        length++;
        value = str.charCodeAt(pos++);
        if (value >= 55296 && value <= 56319 && pos < len) {
          value = str.charCodeAt(pos);
          if ((value & 64512) === 56320)
            pos++;
        }
      }
      return length;
    }
    exports.default = ucs2length;
    ucs2length.code = 'require("ajv/dist/runtime/ucs2length").default';
  }
});

// node_modules/fast-deep-equal/index.js
var require_fast_deep_equal = __commonJS({
  "node_modules/fast-deep-equal/index.js"(exports, module) {
    "use strict";
    module.exports = function equal(a, b) {
      if (a === b) return true;
      if (a && b && typeof a == "object" && typeof b == "object") {
        if (a.constructor !== b.constructor) return false;
        var length, i, keys;
        if (Array.isArray(a)) {
          length = a.length;
          if (length != b.length) return false;
          for (i = length; i-- !== 0; )
            if (!equal(a[i], b[i])) return false;
          return true;
        }
        if (a.constructor === RegExp) return a.source === b.source && a.flags === b.flags;
        if (a.valueOf !== Object.prototype.valueOf) return a.valueOf() === b.valueOf();
        if (a.toString !== Object.prototype.toString) return a.toString() === b.toString();
        keys = Object.keys(a);
        length = keys.length;
        if (length !== Object.keys(b).length) return false;
        for (i = length; i-- !== 0; )
          if (!Object.prototype.hasOwnProperty.call(b, keys[i])) return false;
        for (i = length; i-- !== 0; ) {
          var key = keys[i];
          if (!equal(a[key], b[key])) return false;
        }
        return true;
      }
      return a !== a && b !== b;
    };
  }
});

// node_modules/ajv/dist/runtime/equal.js
var require_equal = __commonJS({
  "node_modules/ajv/dist/runtime/equal.js"(exports) {
    "use strict";
    Object.defineProperty(exports, "__esModule", { value: true });
    var equal = require_fast_deep_equal();
    equal.code = 'require("ajv/dist/runtime/equal").default';
    exports.default = equal;
  }
});

// <stdin>
var func1Module = __toESM(require_ucs2length());
var func0Module = __toESM(require_equal());
var validateNotifier = validate170;
function validate54(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate54.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if ("ao.dev/v1alpha1" !== data) {
    const err0 = { instancePath, schemaPath: "#/const", keyword: "const", params: { allowedValue: "ao.dev/v1alpha1" } };
    if (vErrors === null) {
      vErrors = [err0];
    } else {
      vErrors.push(err0);
    }
    errors++;
  }
  validate54.errors = vErrors;
  return errors === 0;
}
validate54.evaluated = { "dynamicProps": false, "dynamicItems": false };
var func1 = func1Module.default.default ?? func1Module.default;
var pattern3 = new RegExp("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "u");
function validate57(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate57.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (typeof data === "string") {
    if (func1(data) > 48) {
      const err0 = { instancePath, schemaPath: "#/maxLength", keyword: "maxLength", params: { limit: 48 } };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    if (!pattern3.test(data)) {
      const err1 = { instancePath, schemaPath: "#/pattern", keyword: "pattern", params: { pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" } };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
  } else {
    const err2 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err2];
    } else {
      vErrors.push(err2);
    }
    errors++;
  }
  validate57.errors = vErrors;
  return errors === 0;
}
validate57.evaluated = { "dynamicProps": false, "dynamicItems": false };
function validate56(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate56.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (data && typeof data == "object" && !Array.isArray(data)) {
    if (data.name === void 0) {
      const err0 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "name" } };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    for (const key0 in data) {
      if (!(key0 === "name" || key0 === "labels" || key0 === "annotations")) {
        const err1 = { instancePath, schemaPath: "#/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key0 } };
        if (vErrors === null) {
          vErrors = [err1];
        } else {
          vErrors.push(err1);
        }
        errors++;
      }
    }
    if (data.name !== void 0) {
      if (!validate57(data.name, { instancePath: instancePath + "/name", parentData: data, parentDataProperty: "name", rootData, dynamicAnchors })) {
        vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
        errors = vErrors.length;
      }
    }
    if (data.labels !== void 0) {
      let data1 = data.labels;
      if (data1 && typeof data1 == "object" && !Array.isArray(data1)) {
        for (const key1 in data1) {
          if (typeof data1[key1] !== "string") {
            const err2 = { instancePath: instancePath + "/labels/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/properties/labels/additionalProperties/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err2];
            } else {
              vErrors.push(err2);
            }
            errors++;
          }
        }
      } else {
        const err3 = { instancePath: instancePath + "/labels", schemaPath: "#/properties/labels/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err3];
        } else {
          vErrors.push(err3);
        }
        errors++;
      }
    }
    if (data.annotations !== void 0) {
      let data3 = data.annotations;
      if (data3 && typeof data3 == "object" && !Array.isArray(data3)) {
        for (const key2 in data3) {
          if (typeof data3[key2] !== "string") {
            const err4 = { instancePath: instancePath + "/annotations/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/properties/annotations/additionalProperties/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err4];
            } else {
              vErrors.push(err4);
            }
            errors++;
          }
        }
      } else {
        const err5 = { instancePath: instancePath + "/annotations", schemaPath: "#/properties/annotations/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err5];
        } else {
          vErrors.push(err5);
        }
        errors++;
      }
    }
  } else {
    const err6 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "object" } };
    if (vErrors === null) {
      vErrors = [err6];
    } else {
      vErrors.push(err6);
    }
    errors++;
  }
  validate56.errors = vErrors;
  return errors === 0;
}
validate56.evaluated = { "props": true, "dynamicProps": false, "dynamicItems": false };
var schema24 = { "type": "string", "enum": ["urgent", "action", "warning", "info"] };
function validate60(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate60.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (typeof data !== "string") {
    const err0 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err0];
    } else {
      vErrors.push(err0);
    }
    errors++;
  }
  if (!(data === "urgent" || data === "action" || data === "warning" || data === "info")) {
    const err1 = { instancePath, schemaPath: "#/enum", keyword: "enum", params: { allowedValues: schema24.enum } };
    if (vErrors === null) {
      vErrors = [err1];
    } else {
      vErrors.push(err1);
    }
    errors++;
  }
  validate60.errors = vErrors;
  return errors === 0;
}
validate60.evaluated = { "dynamicProps": false, "dynamicItems": false };
var func0 = func0Module.default.default ?? func0Module.default;
function validate170(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate170.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (data && typeof data == "object" && !Array.isArray(data)) {
    if (data.apiVersion === void 0) {
      const err0 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "apiVersion" } };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    if (data.kind === void 0) {
      const err1 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "kind" } };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
    if (data.metadata === void 0) {
      const err2 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "metadata" } };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    if (data.spec === void 0) {
      const err3 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "spec" } };
      if (vErrors === null) {
        vErrors = [err3];
      } else {
        vErrors.push(err3);
      }
      errors++;
    }
    for (const key0 in data) {
      if (!(key0 === "apiVersion" || key0 === "kind" || key0 === "metadata" || key0 === "spec")) {
        const err4 = { instancePath, schemaPath: "#/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key0 } };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
    if (data.apiVersion !== void 0) {
      if (!validate54(data.apiVersion, { instancePath: instancePath + "/apiVersion", parentData: data, parentDataProperty: "apiVersion", rootData, dynamicAnchors })) {
        vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
        errors = vErrors.length;
      }
    }
    if (data.kind !== void 0) {
      if ("Notifier" !== data.kind) {
        const err5 = { instancePath: instancePath + "/kind", schemaPath: "#/properties/kind/const", keyword: "const", params: { allowedValue: "Notifier" } };
        if (vErrors === null) {
          vErrors = [err5];
        } else {
          vErrors.push(err5);
        }
        errors++;
      }
    }
    if (data.metadata !== void 0) {
      if (!validate56(data.metadata, { instancePath: instancePath + "/metadata", parentData: data, parentDataProperty: "metadata", rootData, dynamicAnchors })) {
        vErrors = vErrors === null ? validate56.errors : vErrors.concat(validate56.errors);
        errors = vErrors.length;
      }
    }
    if (data.spec !== void 0) {
      let data3 = data.spec;
      if (data3 && typeof data3 == "object" && !Array.isArray(data3)) {
        if (data3.plugin === void 0) {
          const err6 = { instancePath: instancePath + "/spec", schemaPath: "#/properties/spec/required", keyword: "required", params: { missingProperty: "plugin" } };
          if (vErrors === null) {
            vErrors = [err6];
          } else {
            vErrors.push(err6);
          }
          errors++;
        }
        for (const key1 in data3) {
          if (!(key1 === "plugin" || key1 === "config" || key1 === "routes")) {
            const err7 = { instancePath: instancePath + "/spec", schemaPath: "#/properties/spec/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key1 } };
            if (vErrors === null) {
              vErrors = [err7];
            } else {
              vErrors.push(err7);
            }
            errors++;
          }
        }
        if (data3.plugin !== void 0) {
          let data4 = data3.plugin;
          if (typeof data4 === "string") {
            if (func1(data4) < 1) {
              const err8 = { instancePath: instancePath + "/spec/plugin", schemaPath: "#/properties/spec/properties/plugin/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err8];
              } else {
                vErrors.push(err8);
              }
              errors++;
            }
          } else {
            const err9 = { instancePath: instancePath + "/spec/plugin", schemaPath: "#/properties/spec/properties/plugin/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err9];
            } else {
              vErrors.push(err9);
            }
            errors++;
          }
        }
        if (data3.config !== void 0) {
          let data5 = data3.config;
          if (data5 && typeof data5 == "object" && !Array.isArray(data5)) {
          } else {
            const err10 = { instancePath: instancePath + "/spec/config", schemaPath: "#/properties/spec/properties/config/type", keyword: "type", params: { type: "object" } };
            if (vErrors === null) {
              vErrors = [err10];
            } else {
              vErrors.push(err10);
            }
            errors++;
          }
        }
        if (data3.routes !== void 0) {
          let data6 = data3.routes;
          if (Array.isArray(data6)) {
            const len0 = data6.length;
            for (let i0 = 0; i0 < len0; i0++) {
              if (!validate60(data6[i0], { instancePath: instancePath + "/spec/routes/" + i0, parentData: data6, parentDataProperty: i0, rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate60.errors : vErrors.concat(validate60.errors);
                errors = vErrors.length;
              }
            }
            let i1 = data6.length;
            let j0;
            if (i1 > 1) {
              outer0:
                for (; i1--; ) {
                  for (j0 = i1; j0--; ) {
                    if (func0(data6[i1], data6[j0])) {
                      const err11 = { instancePath: instancePath + "/spec/routes", schemaPath: "#/properties/spec/properties/routes/uniqueItems", keyword: "uniqueItems", params: { i: i1, j: j0 } };
                      if (vErrors === null) {
                        vErrors = [err11];
                      } else {
                        vErrors.push(err11);
                      }
                      errors++;
                      break outer0;
                    }
                  }
                }
            }
          } else {
            const err12 = { instancePath: instancePath + "/spec/routes", schemaPath: "#/properties/spec/properties/routes/type", keyword: "type", params: { type: "array" } };
            if (vErrors === null) {
              vErrors = [err12];
            } else {
              vErrors.push(err12);
            }
            errors++;
          }
        }
      } else {
        const err13 = { instancePath: instancePath + "/spec", schemaPath: "#/properties/spec/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err13];
        } else {
          vErrors.push(err13);
        }
        errors++;
      }
    }
  } else {
    const err14 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "object" } };
    if (vErrors === null) {
      vErrors = [err14];
    } else {
      vErrors.push(err14);
    }
    errors++;
  }
  validate170.errors = vErrors;
  return errors === 0;
}
validate170.evaluated = { "props": true, "dynamicProps": false, "dynamicItems": false };
var validateProject = validate174;
var schema25 = { "type": "object", "additionalProperties": false, "required": ["apiVersion", "kind", "metadata", "spec"], "properties": { "apiVersion": { "$ref": "#/$defs/apiVersion" }, "kind": { "const": "Project" }, "metadata": { "$ref": "#/$defs/metadata" }, "spec": { "type": "object", "additionalProperties": false, "properties": { "path": { "type": "string", "minLength": 1 }, "repo": { "type": "string", "minLength": 1 }, "defaultBranch": { "type": "string", "minLength": 1 }, "sessionPrefix": { "type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 35 }, "defaults": { "type": "object", "additionalProperties": false, "properties": { "runtime": { "$ref": "#/$defs/runtime" }, "agent": { "$ref": "#/$defs/agent" }, "workspace": { "$ref": "#/$defs/workspacePlugin" }, "onIssueClosed": { "$ref": "#/$defs/onIssueClosed" }, "onPullRequestClosed": { "$ref": "#/$defs/onPullRequestClosed" }, "notifiers": { "type": "array", "uniqueItems": true, "items": { "$ref": "#/$defs/name" } } } }, "scm": { "$ref": "#/$defs/scm" }, "tracker": { "$ref": "#/$defs/tracker" }, "workspace": { "type": "object", "additionalProperties": false, "properties": { "symlinks": { "type": "array", "uniqueItems": true, "items": { "type": "string", "minLength": 1 } }, "postCreate": { "type": "array", "items": { "type": "string", "minLength": 1 } }, "postCreateTimeout": { "$ref": "#/$defs/duration" }, "freshBase": { "type": "boolean" }, "fetchTimeout": { "$ref": "#/$defs/duration" } } }, "rules": { "type": "string" }, "rulesFile": { "type": "string", "minLength": 1 }, "orchestratorRules": { "type": "string" }, "env": { "$ref": "#/$defs/env" }, "permissions": { "$ref": "#/$defs/permissions" }, "reactions": { "$ref": "#/$defs/reactions" }, "limits": { "type": "object", "additionalProperties": false, "properties": { "maxActive": { "type": "integer", "minimum": 1 } } }, "cleanup": { "type": "object", "additionalProperties": false, "properties": { "grace": { "$ref": "#/$defs/duration" } } }, "interval": { "$ref": "#/$defs/duration" } } } } };
function validate66(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate66.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  const _errs0 = errors;
  let valid0 = false;
  let passing0 = null;
  const _errs1 = errors;
  if (typeof data === "string") {
    if (func1(data) < 1) {
      const err0 = { instancePath, schemaPath: "#/oneOf/0/minLength", keyword: "minLength", params: { limit: 1 } };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
  } else {
    const err1 = { instancePath, schemaPath: "#/oneOf/0/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err1];
    } else {
      vErrors.push(err1);
    }
    errors++;
  }
  var _valid0 = _errs1 === errors;
  if (_valid0) {
    valid0 = true;
    passing0 = 0;
  }
  const _errs3 = errors;
  if (data && typeof data == "object" && !Array.isArray(data)) {
    if (data.plugin === void 0) {
      const err2 = { instancePath, schemaPath: "#/oneOf/1/required", keyword: "required", params: { missingProperty: "plugin" } };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    if (data.plugin !== void 0) {
      let data0 = data.plugin;
      if (typeof data0 === "string") {
        if (func1(data0) < 1) {
          const err3 = { instancePath: instancePath + "/plugin", schemaPath: "#/oneOf/1/properties/plugin/minLength", keyword: "minLength", params: { limit: 1 } };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
      } else {
        const err4 = { instancePath: instancePath + "/plugin", schemaPath: "#/oneOf/1/properties/plugin/type", keyword: "type", params: { type: "string" } };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
  } else {
    const err5 = { instancePath, schemaPath: "#/oneOf/1/type", keyword: "type", params: { type: "object" } };
    if (vErrors === null) {
      vErrors = [err5];
    } else {
      vErrors.push(err5);
    }
    errors++;
  }
  var _valid0 = _errs3 === errors;
  if (_valid0 && valid0) {
    valid0 = false;
    passing0 = [passing0, 1];
  } else {
    if (_valid0) {
      valid0 = true;
      passing0 = 1;
      var props0 = true;
    }
  }
  if (!valid0) {
    const err6 = { instancePath, schemaPath: "#/oneOf", keyword: "oneOf", params: { passingSchemas: passing0 } };
    if (vErrors === null) {
      vErrors = [err6];
    } else {
      vErrors.push(err6);
    }
    errors++;
  } else {
    errors = _errs0;
    if (vErrors !== null) {
      if (_errs0) {
        vErrors.length = _errs0;
      } else {
        vErrors = null;
      }
    }
  }
  validate66.errors = vErrors;
  evaluated0.props = props0;
  return errors === 0;
}
validate66.evaluated = { "dynamicProps": true, "dynamicItems": false };
function validate68(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate68.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  const _errs0 = errors;
  let valid0 = false;
  let passing0 = null;
  const _errs1 = errors;
  if (typeof data === "string") {
    if (func1(data) < 1) {
      const err0 = { instancePath, schemaPath: "#/oneOf/0/minLength", keyword: "minLength", params: { limit: 1 } };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
  } else {
    const err1 = { instancePath, schemaPath: "#/oneOf/0/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err1];
    } else {
      vErrors.push(err1);
    }
    errors++;
  }
  var _valid0 = _errs1 === errors;
  if (_valid0) {
    valid0 = true;
    passing0 = 0;
  }
  const _errs3 = errors;
  if (data && typeof data == "object" && !Array.isArray(data)) {
    if (data.plugin === void 0) {
      const err2 = { instancePath, schemaPath: "#/oneOf/1/required", keyword: "required", params: { missingProperty: "plugin" } };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    if (data.plugin !== void 0) {
      let data0 = data.plugin;
      if (typeof data0 === "string") {
        if (func1(data0) < 1) {
          const err3 = { instancePath: instancePath + "/plugin", schemaPath: "#/oneOf/1/properties/plugin/minLength", keyword: "minLength", params: { limit: 1 } };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
      } else {
        const err4 = { instancePath: instancePath + "/plugin", schemaPath: "#/oneOf/1/properties/plugin/type", keyword: "type", params: { type: "string" } };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
  } else {
    const err5 = { instancePath, schemaPath: "#/oneOf/1/type", keyword: "type", params: { type: "object" } };
    if (vErrors === null) {
      vErrors = [err5];
    } else {
      vErrors.push(err5);
    }
    errors++;
  }
  var _valid0 = _errs3 === errors;
  if (_valid0 && valid0) {
    valid0 = false;
    passing0 = [passing0, 1];
  } else {
    if (_valid0) {
      valid0 = true;
      passing0 = 1;
      var props0 = true;
    }
  }
  if (!valid0) {
    const err6 = { instancePath, schemaPath: "#/oneOf", keyword: "oneOf", params: { passingSchemas: passing0 } };
    if (vErrors === null) {
      vErrors = [err6];
    } else {
      vErrors.push(err6);
    }
    errors++;
  } else {
    errors = _errs0;
    if (vErrors !== null) {
      if (_errs0) {
        vErrors.length = _errs0;
      } else {
        vErrors = null;
      }
    }
  }
  validate68.errors = vErrors;
  evaluated0.props = props0;
  return errors === 0;
}
validate68.evaluated = { "dynamicProps": true, "dynamicItems": false };
function validate70(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate70.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  const _errs0 = errors;
  let valid0 = false;
  let passing0 = null;
  const _errs1 = errors;
  if (typeof data === "string") {
    if (func1(data) < 1) {
      const err0 = { instancePath, schemaPath: "#/oneOf/0/minLength", keyword: "minLength", params: { limit: 1 } };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
  } else {
    const err1 = { instancePath, schemaPath: "#/oneOf/0/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err1];
    } else {
      vErrors.push(err1);
    }
    errors++;
  }
  var _valid0 = _errs1 === errors;
  if (_valid0) {
    valid0 = true;
    passing0 = 0;
  }
  const _errs3 = errors;
  if (data && typeof data == "object" && !Array.isArray(data)) {
    if (data.plugin === void 0) {
      const err2 = { instancePath, schemaPath: "#/oneOf/1/required", keyword: "required", params: { missingProperty: "plugin" } };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    if (data.plugin !== void 0) {
      let data0 = data.plugin;
      if (typeof data0 === "string") {
        if (func1(data0) < 1) {
          const err3 = { instancePath: instancePath + "/plugin", schemaPath: "#/oneOf/1/properties/plugin/minLength", keyword: "minLength", params: { limit: 1 } };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
      } else {
        const err4 = { instancePath: instancePath + "/plugin", schemaPath: "#/oneOf/1/properties/plugin/type", keyword: "type", params: { type: "string" } };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
  } else {
    const err5 = { instancePath, schemaPath: "#/oneOf/1/type", keyword: "type", params: { type: "object" } };
    if (vErrors === null) {
      vErrors = [err5];
    } else {
      vErrors.push(err5);
    }
    errors++;
  }
  var _valid0 = _errs3 === errors;
  if (_valid0 && valid0) {
    valid0 = false;
    passing0 = [passing0, 1];
  } else {
    if (_valid0) {
      valid0 = true;
      passing0 = 1;
      var props0 = true;
    }
  }
  if (!valid0) {
    const err6 = { instancePath, schemaPath: "#/oneOf", keyword: "oneOf", params: { passingSchemas: passing0 } };
    if (vErrors === null) {
      vErrors = [err6];
    } else {
      vErrors.push(err6);
    }
    errors++;
  } else {
    errors = _errs0;
    if (vErrors !== null) {
      if (_errs0) {
        vErrors.length = _errs0;
      } else {
        vErrors = null;
      }
    }
  }
  validate70.errors = vErrors;
  evaluated0.props = props0;
  return errors === 0;
}
validate70.evaluated = { "dynamicProps": true, "dynamicItems": false };
var schema29 = { "type": "string", "enum": ["keep", "finish"] };
function validate72(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate72.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (typeof data !== "string") {
    const err0 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err0];
    } else {
      vErrors.push(err0);
    }
    errors++;
  }
  if (!(data === "keep" || data === "finish")) {
    const err1 = { instancePath, schemaPath: "#/enum", keyword: "enum", params: { allowedValues: schema29.enum } };
    if (vErrors === null) {
      vErrors = [err1];
    } else {
      vErrors.push(err1);
    }
    errors++;
  }
  validate72.errors = vErrors;
  return errors === 0;
}
validate72.evaluated = { "dynamicProps": false, "dynamicItems": false };
var schema30 = { "type": "string", "enum": ["finish", "keep"] };
function validate74(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate74.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (typeof data !== "string") {
    const err0 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err0];
    } else {
      vErrors.push(err0);
    }
    errors++;
  }
  if (!(data === "finish" || data === "keep")) {
    const err1 = { instancePath, schemaPath: "#/enum", keyword: "enum", params: { allowedValues: schema30.enum } };
    if (vErrors === null) {
      vErrors = [err1];
    } else {
      vErrors.push(err1);
    }
    errors++;
  }
  validate74.errors = vErrors;
  return errors === 0;
}
validate74.evaluated = { "dynamicProps": false, "dynamicItems": false };
function validate77(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate77.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  const _errs0 = errors;
  let valid0 = false;
  let passing0 = null;
  const _errs1 = errors;
  if (typeof data === "string") {
    if (func1(data) < 1) {
      const err0 = { instancePath, schemaPath: "#/oneOf/0/minLength", keyword: "minLength", params: { limit: 1 } };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
  } else {
    const err1 = { instancePath, schemaPath: "#/oneOf/0/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err1];
    } else {
      vErrors.push(err1);
    }
    errors++;
  }
  var _valid0 = _errs1 === errors;
  if (_valid0) {
    valid0 = true;
    passing0 = 0;
  }
  const _errs3 = errors;
  if (data && typeof data == "object" && !Array.isArray(data)) {
    if (data.plugin === void 0) {
      const err2 = { instancePath, schemaPath: "#/oneOf/1/required", keyword: "required", params: { missingProperty: "plugin" } };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    if (data.plugin !== void 0) {
      let data0 = data.plugin;
      if (typeof data0 === "string") {
        if (func1(data0) < 1) {
          const err3 = { instancePath: instancePath + "/plugin", schemaPath: "#/oneOf/1/properties/plugin/minLength", keyword: "minLength", params: { limit: 1 } };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
      } else {
        const err4 = { instancePath: instancePath + "/plugin", schemaPath: "#/oneOf/1/properties/plugin/type", keyword: "type", params: { type: "string" } };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
  } else {
    const err5 = { instancePath, schemaPath: "#/oneOf/1/type", keyword: "type", params: { type: "object" } };
    if (vErrors === null) {
      vErrors = [err5];
    } else {
      vErrors.push(err5);
    }
    errors++;
  }
  var _valid0 = _errs3 === errors;
  if (_valid0 && valid0) {
    valid0 = false;
    passing0 = [passing0, 1];
  } else {
    if (_valid0) {
      valid0 = true;
      passing0 = 1;
      var props0 = true;
    }
  }
  if (!valid0) {
    const err6 = { instancePath, schemaPath: "#/oneOf", keyword: "oneOf", params: { passingSchemas: passing0 } };
    if (vErrors === null) {
      vErrors = [err6];
    } else {
      vErrors.push(err6);
    }
    errors++;
  } else {
    errors = _errs0;
    if (vErrors !== null) {
      if (_errs0) {
        vErrors.length = _errs0;
      } else {
        vErrors = null;
      }
    }
  }
  validate77.errors = vErrors;
  evaluated0.props = props0;
  return errors === 0;
}
validate77.evaluated = { "dynamicProps": true, "dynamicItems": false };
function validate79(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate79.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  const _errs0 = errors;
  let valid0 = false;
  let passing0 = null;
  const _errs1 = errors;
  if (typeof data === "string") {
    if (func1(data) < 1) {
      const err0 = { instancePath, schemaPath: "#/oneOf/0/minLength", keyword: "minLength", params: { limit: 1 } };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
  } else {
    const err1 = { instancePath, schemaPath: "#/oneOf/0/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err1];
    } else {
      vErrors.push(err1);
    }
    errors++;
  }
  var _valid0 = _errs1 === errors;
  if (_valid0) {
    valid0 = true;
    passing0 = 0;
  }
  const _errs3 = errors;
  if (data && typeof data == "object" && !Array.isArray(data)) {
    if (data.plugin === void 0) {
      const err2 = { instancePath, schemaPath: "#/oneOf/1/required", keyword: "required", params: { missingProperty: "plugin" } };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    if (data.plugin !== void 0) {
      let data0 = data.plugin;
      if (typeof data0 === "string") {
        if (func1(data0) < 1) {
          const err3 = { instancePath: instancePath + "/plugin", schemaPath: "#/oneOf/1/properties/plugin/minLength", keyword: "minLength", params: { limit: 1 } };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
      } else {
        const err4 = { instancePath: instancePath + "/plugin", schemaPath: "#/oneOf/1/properties/plugin/type", keyword: "type", params: { type: "string" } };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
  } else {
    const err5 = { instancePath, schemaPath: "#/oneOf/1/type", keyword: "type", params: { type: "object" } };
    if (vErrors === null) {
      vErrors = [err5];
    } else {
      vErrors.push(err5);
    }
    errors++;
  }
  var _valid0 = _errs3 === errors;
  if (_valid0 && valid0) {
    valid0 = false;
    passing0 = [passing0, 1];
  } else {
    if (_valid0) {
      valid0 = true;
      passing0 = 1;
      var props0 = true;
    }
  }
  if (!valid0) {
    const err6 = { instancePath, schemaPath: "#/oneOf", keyword: "oneOf", params: { passingSchemas: passing0 } };
    if (vErrors === null) {
      vErrors = [err6];
    } else {
      vErrors.push(err6);
    }
    errors++;
  } else {
    errors = _errs0;
    if (vErrors !== null) {
      if (_errs0) {
        vErrors.length = _errs0;
      } else {
        vErrors = null;
      }
    }
  }
  validate79.errors = vErrors;
  evaluated0.props = props0;
  return errors === 0;
}
validate79.evaluated = { "dynamicProps": true, "dynamicItems": false };
var pattern5 = new RegExp("^([0-9]+(ms|s|m|h|d))+$", "u");
function validate81(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate81.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (typeof data === "string") {
    if (!pattern5.test(data)) {
      const err0 = { instancePath, schemaPath: "#/pattern", keyword: "pattern", params: { pattern: "^([0-9]+(ms|s|m|h|d))+$" } };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
  } else {
    const err1 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err1];
    } else {
      vErrors.push(err1);
    }
    errors++;
  }
  validate81.errors = vErrors;
  return errors === 0;
}
validate81.evaluated = { "dynamicProps": false, "dynamicItems": false };
var pattern6 = new RegExp("^AO_", "u");
var pattern7 = new RegExp("^[A-Za-z_][A-Za-z0-9_]*$", "u");
function validate84(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate84.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (data && typeof data == "object" && !Array.isArray(data)) {
    for (const key0 in data) {
      const _errs1 = errors;
      const _errs2 = errors;
      const _errs3 = errors;
      if (typeof key0 === "string") {
        if (!pattern6.test(key0)) {
          const err0 = {};
          if (vErrors === null) {
            vErrors = [err0];
          } else {
            vErrors.push(err0);
          }
          errors++;
        }
      }
      var valid1 = _errs3 === errors;
      if (valid1) {
        const err1 = { instancePath, schemaPath: "#/propertyNames/not", keyword: "not", params: {}, propertyName: key0 };
        if (vErrors === null) {
          vErrors = [err1];
        } else {
          vErrors.push(err1);
        }
        errors++;
      } else {
        errors = _errs2;
        if (vErrors !== null) {
          if (_errs2) {
            vErrors.length = _errs2;
          } else {
            vErrors = null;
          }
        }
      }
      if (typeof key0 === "string") {
        if (!pattern7.test(key0)) {
          const err2 = { instancePath, schemaPath: "#/propertyNames/pattern", keyword: "pattern", params: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$" }, propertyName: key0 };
          if (vErrors === null) {
            vErrors = [err2];
          } else {
            vErrors.push(err2);
          }
          errors++;
        }
      }
      var valid0 = _errs1 === errors;
      if (!valid0) {
        const err3 = { instancePath, schemaPath: "#/propertyNames", keyword: "propertyNames", params: { propertyName: key0 } };
        if (vErrors === null) {
          vErrors = [err3];
        } else {
          vErrors.push(err3);
        }
        errors++;
      }
    }
    for (const key1 in data) {
      if (typeof data[key1] !== "string") {
        const err4 = { instancePath: instancePath + "/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/additionalProperties/type", keyword: "type", params: { type: "string" } };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
  } else {
    const err5 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "object" } };
    if (vErrors === null) {
      vErrors = [err5];
    } else {
      vErrors.push(err5);
    }
    errors++;
  }
  validate84.errors = vErrors;
  return errors === 0;
}
validate84.evaluated = { "props": true, "dynamicProps": false, "dynamicItems": false };
var schema35 = { "type": "string", "enum": ["default", "plan", "acceptEdits", "auto", "dontAsk", "bypassPermissions"] };
function validate86(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate86.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (typeof data !== "string") {
    const err0 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err0];
    } else {
      vErrors.push(err0);
    }
    errors++;
  }
  if (!(data === "default" || data === "plan" || data === "acceptEdits" || data === "auto" || data === "dontAsk" || data === "bypassPermissions")) {
    const err1 = { instancePath, schemaPath: "#/enum", keyword: "enum", params: { allowedValues: schema35.enum } };
    if (vErrors === null) {
      vErrors = [err1];
    } else {
      vErrors.push(err1);
    }
    errors++;
  }
  validate86.errors = vErrors;
  return errors === 0;
}
validate86.evaluated = { "dynamicProps": false, "dynamicItems": false };
var schema36 = { "type": "object", "additionalProperties": false, "properties": { "ci-failed": { "type": "object", "additionalProperties": false, "properties": { "auto": { "type": "boolean" }, "retries": { "type": "integer", "minimum": 0 }, "escalateAfter": { "$ref": "#/$defs/escalateAfter" }, "message": { "type": "string", "minLength": 1 }, "priority": { "$ref": "#/$defs/notificationPriority" }, "notifiers": { "type": "array", "uniqueItems": true, "items": { "$ref": "#/$defs/name" } } } }, "changes-requested": { "type": "object", "additionalProperties": false, "properties": { "auto": { "type": "boolean" }, "retries": { "type": "integer", "minimum": 0 }, "escalateAfter": { "$ref": "#/$defs/escalateAfter" }, "message": { "type": "string", "minLength": 1 }, "priority": { "$ref": "#/$defs/notificationPriority" }, "notifiers": { "type": "array", "uniqueItems": true, "items": { "$ref": "#/$defs/name" } } } }, "bugbot-comments": { "type": "object", "additionalProperties": false, "properties": { "auto": { "type": "boolean" }, "bots": { "type": "object", "additionalProperties": { "type": "string", "enum": ["forward", "batch", "ignore"] } }, "retries": { "type": "integer", "minimum": 0 }, "escalateAfter": { "$ref": "#/$defs/escalateAfter" }, "message": { "type": "string", "minLength": 1 }, "priority": { "$ref": "#/$defs/notificationPriority" }, "notifiers": { "type": "array", "uniqueItems": true, "items": { "$ref": "#/$defs/name" } } } }, "merge-conflicts": { "type": "object", "additionalProperties": false, "properties": { "auto": { "type": "boolean" }, "retries": { "type": "integer", "minimum": 0 }, "escalateAfter": { "$ref": "#/$defs/escalateAfter" }, "message": { "type": "string", "minLength": 1 }, "priority": { "$ref": "#/$defs/notificationPriority" }, "notifiers": { "type": "array", "uniqueItems": true, "items": { "$ref": "#/$defs/name" } } } }, "approved-and-green": { "type": "object", "additionalProperties": false, "properties": { "auto": { "type": "boolean" }, "require": { "type": "string", "enum": ["approval", "label", "none"] }, "label": { "type": "string", "minLength": 1 }, "settle": { "$ref": "#/$defs/duration" }, "escalateAfter": { "$ref": "#/$defs/duration" }, "message": { "type": "string", "minLength": 1 }, "priority": { "$ref": "#/$defs/notificationPriority" }, "notifiers": { "type": "array", "uniqueItems": true, "items": { "$ref": "#/$defs/name" } } } }, "pr-closed": { "type": "object", "additionalProperties": false, "properties": { "auto": { "type": "boolean" }, "message": { "type": "string", "minLength": 1 }, "priority": { "$ref": "#/$defs/notificationPriority" }, "notifiers": { "type": "array", "uniqueItems": true, "items": { "$ref": "#/$defs/name" } } } }, "agent-exited": { "type": "object", "additionalProperties": false, "properties": { "auto": { "type": "boolean" }, "retries": { "type": "integer", "minimum": 0 }, "message": { "type": "string", "minLength": 1 }, "priority": { "$ref": "#/$defs/notificationPriority" }, "notifiers": { "type": "array", "uniqueItems": true, "items": { "$ref": "#/$defs/name" } } } }, "agent-idle": { "type": "object", "additionalProperties": false, "properties": { "auto": { "type": "boolean" }, "threshold": { "$ref": "#/$defs/duration" }, "retries": { "type": "integer", "minimum": 0 }, "escalateAfter": { "$ref": "#/$defs/escalateAfter" }, "message": { "type": "string", "minLength": 1 }, "priority": { "$ref": "#/$defs/notificationPriority" }, "notifiers": { "type": "array", "uniqueItems": true, "items": { "$ref": "#/$defs/name" } } } }, "agent-stuck": { "type": "object", "additionalProperties": false, "properties": { "auto": { "type": "boolean" }, "threshold": { "$ref": "#/$defs/duration" }, "message": { "type": "string", "minLength": 1 }, "priority": { "$ref": "#/$defs/notificationPriority" }, "notifiers": { "type": "array", "uniqueItems": true, "items": { "$ref": "#/$defs/name" } } } }, "agent-needs-input": { "type": "object", "additionalProperties": false, "properties": { "auto": { "type": "boolean" }, "threshold": { "$ref": "#/$defs/duration" }, "message": { "type": "string", "minLength": 1 }, "priority": { "$ref": "#/$defs/notificationPriority" }, "notifiers": { "type": "array", "uniqueItems": true, "items": { "$ref": "#/$defs/name" } } } }, "report-no-acknowledge": { "type": "object", "additionalProperties": false, "properties": { "auto": { "type": "boolean" }, "threshold": { "$ref": "#/$defs/duration" }, "message": { "type": "string", "minLength": 1 }, "priority": { "$ref": "#/$defs/notificationPriority" }, "notifiers": { "type": "array", "uniqueItems": true, "items": { "$ref": "#/$defs/name" } } } }, "report-stale": { "type": "object", "additionalProperties": false, "properties": { "auto": { "type": "boolean" }, "threshold": { "$ref": "#/$defs/duration" }, "message": { "type": "string", "minLength": 1 }, "priority": { "$ref": "#/$defs/notificationPriority" }, "notifiers": { "type": "array", "uniqueItems": true, "items": { "$ref": "#/$defs/name" } } } }, "all-complete": { "type": "object", "additionalProperties": false, "properties": { "auto": { "type": "boolean" }, "message": { "type": "string", "minLength": 1 }, "priority": { "$ref": "#/$defs/notificationPriority" }, "notifiers": { "type": "array", "uniqueItems": true, "items": { "$ref": "#/$defs/name" } } } } } };
var func4 = Object.prototype.hasOwnProperty;
function validate89(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate89.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  const _errs0 = errors;
  let valid0 = false;
  let passing0 = null;
  const _errs1 = errors;
  if (!(typeof data == "number" && (!(data % 1) && !isNaN(data)) && isFinite(data))) {
    const err0 = { instancePath, schemaPath: "#/oneOf/0/type", keyword: "type", params: { type: "integer" } };
    if (vErrors === null) {
      vErrors = [err0];
    } else {
      vErrors.push(err0);
    }
    errors++;
  }
  if (typeof data == "number" && isFinite(data)) {
    if (data < 1 || isNaN(data)) {
      const err1 = { instancePath, schemaPath: "#/oneOf/0/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
  }
  var _valid0 = _errs1 === errors;
  if (_valid0) {
    valid0 = true;
    passing0 = 0;
  }
  const _errs3 = errors;
  if (!validate81(data, { instancePath, parentData, parentDataProperty, rootData, dynamicAnchors })) {
    vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
    errors = vErrors.length;
  }
  var _valid0 = _errs3 === errors;
  if (_valid0 && valid0) {
    valid0 = false;
    passing0 = [passing0, 1];
  } else {
    if (_valid0) {
      valid0 = true;
      passing0 = 1;
    }
  }
  if (!valid0) {
    const err2 = { instancePath, schemaPath: "#/oneOf", keyword: "oneOf", params: { passingSchemas: passing0 } };
    if (vErrors === null) {
      vErrors = [err2];
    } else {
      vErrors.push(err2);
    }
    errors++;
  } else {
    errors = _errs0;
    if (vErrors !== null) {
      if (_errs0) {
        vErrors.length = _errs0;
      } else {
        vErrors = null;
      }
    }
  }
  validate89.errors = vErrors;
  return errors === 0;
}
validate89.evaluated = { "dynamicProps": false, "dynamicItems": false };
function validate88(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate88.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (data && typeof data == "object" && !Array.isArray(data)) {
    for (const key0 in data) {
      if (!func4.call(schema36.properties, key0)) {
        const err0 = { instancePath, schemaPath: "#/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key0 } };
        if (vErrors === null) {
          vErrors = [err0];
        } else {
          vErrors.push(err0);
        }
        errors++;
      }
    }
    if (data["ci-failed"] !== void 0) {
      let data0 = data["ci-failed"];
      if (data0 && typeof data0 == "object" && !Array.isArray(data0)) {
        for (const key1 in data0) {
          if (!(key1 === "auto" || key1 === "retries" || key1 === "escalateAfter" || key1 === "message" || key1 === "priority" || key1 === "notifiers")) {
            const err1 = { instancePath: instancePath + "/ci-failed", schemaPath: "#/properties/ci-failed/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key1 } };
            if (vErrors === null) {
              vErrors = [err1];
            } else {
              vErrors.push(err1);
            }
            errors++;
          }
        }
        if (data0.auto !== void 0) {
          if (typeof data0.auto !== "boolean") {
            const err2 = { instancePath: instancePath + "/ci-failed/auto", schemaPath: "#/properties/ci-failed/properties/auto/type", keyword: "type", params: { type: "boolean" } };
            if (vErrors === null) {
              vErrors = [err2];
            } else {
              vErrors.push(err2);
            }
            errors++;
          }
        }
        if (data0.retries !== void 0) {
          let data2 = data0.retries;
          if (!(typeof data2 == "number" && (!(data2 % 1) && !isNaN(data2)) && isFinite(data2))) {
            const err3 = { instancePath: instancePath + "/ci-failed/retries", schemaPath: "#/properties/ci-failed/properties/retries/type", keyword: "type", params: { type: "integer" } };
            if (vErrors === null) {
              vErrors = [err3];
            } else {
              vErrors.push(err3);
            }
            errors++;
          }
          if (typeof data2 == "number" && isFinite(data2)) {
            if (data2 < 0 || isNaN(data2)) {
              const err4 = { instancePath: instancePath + "/ci-failed/retries", schemaPath: "#/properties/ci-failed/properties/retries/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              if (vErrors === null) {
                vErrors = [err4];
              } else {
                vErrors.push(err4);
              }
              errors++;
            }
          }
        }
        if (data0.escalateAfter !== void 0) {
          if (!validate89(data0.escalateAfter, { instancePath: instancePath + "/ci-failed/escalateAfter", parentData: data0, parentDataProperty: "escalateAfter", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate89.errors : vErrors.concat(validate89.errors);
            errors = vErrors.length;
          }
        }
        if (data0.message !== void 0) {
          let data4 = data0.message;
          if (typeof data4 === "string") {
            if (func1(data4) < 1) {
              const err5 = { instancePath: instancePath + "/ci-failed/message", schemaPath: "#/properties/ci-failed/properties/message/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err5];
              } else {
                vErrors.push(err5);
              }
              errors++;
            }
          } else {
            const err6 = { instancePath: instancePath + "/ci-failed/message", schemaPath: "#/properties/ci-failed/properties/message/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err6];
            } else {
              vErrors.push(err6);
            }
            errors++;
          }
        }
        if (data0.priority !== void 0) {
          if (!validate60(data0.priority, { instancePath: instancePath + "/ci-failed/priority", parentData: data0, parentDataProperty: "priority", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate60.errors : vErrors.concat(validate60.errors);
            errors = vErrors.length;
          }
        }
        if (data0.notifiers !== void 0) {
          let data6 = data0.notifiers;
          if (Array.isArray(data6)) {
            const len0 = data6.length;
            for (let i0 = 0; i0 < len0; i0++) {
              if (!validate57(data6[i0], { instancePath: instancePath + "/ci-failed/notifiers/" + i0, parentData: data6, parentDataProperty: i0, rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
                errors = vErrors.length;
              }
            }
            let i1 = data6.length;
            let j0;
            if (i1 > 1) {
              outer0:
                for (; i1--; ) {
                  for (j0 = i1; j0--; ) {
                    if (func0(data6[i1], data6[j0])) {
                      const err7 = { instancePath: instancePath + "/ci-failed/notifiers", schemaPath: "#/properties/ci-failed/properties/notifiers/uniqueItems", keyword: "uniqueItems", params: { i: i1, j: j0 } };
                      if (vErrors === null) {
                        vErrors = [err7];
                      } else {
                        vErrors.push(err7);
                      }
                      errors++;
                      break outer0;
                    }
                  }
                }
            }
          } else {
            const err8 = { instancePath: instancePath + "/ci-failed/notifiers", schemaPath: "#/properties/ci-failed/properties/notifiers/type", keyword: "type", params: { type: "array" } };
            if (vErrors === null) {
              vErrors = [err8];
            } else {
              vErrors.push(err8);
            }
            errors++;
          }
        }
      } else {
        const err9 = { instancePath: instancePath + "/ci-failed", schemaPath: "#/properties/ci-failed/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err9];
        } else {
          vErrors.push(err9);
        }
        errors++;
      }
    }
    if (data["changes-requested"] !== void 0) {
      let data8 = data["changes-requested"];
      if (data8 && typeof data8 == "object" && !Array.isArray(data8)) {
        for (const key2 in data8) {
          if (!(key2 === "auto" || key2 === "retries" || key2 === "escalateAfter" || key2 === "message" || key2 === "priority" || key2 === "notifiers")) {
            const err10 = { instancePath: instancePath + "/changes-requested", schemaPath: "#/properties/changes-requested/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key2 } };
            if (vErrors === null) {
              vErrors = [err10];
            } else {
              vErrors.push(err10);
            }
            errors++;
          }
        }
        if (data8.auto !== void 0) {
          if (typeof data8.auto !== "boolean") {
            const err11 = { instancePath: instancePath + "/changes-requested/auto", schemaPath: "#/properties/changes-requested/properties/auto/type", keyword: "type", params: { type: "boolean" } };
            if (vErrors === null) {
              vErrors = [err11];
            } else {
              vErrors.push(err11);
            }
            errors++;
          }
        }
        if (data8.retries !== void 0) {
          let data10 = data8.retries;
          if (!(typeof data10 == "number" && (!(data10 % 1) && !isNaN(data10)) && isFinite(data10))) {
            const err12 = { instancePath: instancePath + "/changes-requested/retries", schemaPath: "#/properties/changes-requested/properties/retries/type", keyword: "type", params: { type: "integer" } };
            if (vErrors === null) {
              vErrors = [err12];
            } else {
              vErrors.push(err12);
            }
            errors++;
          }
          if (typeof data10 == "number" && isFinite(data10)) {
            if (data10 < 0 || isNaN(data10)) {
              const err13 = { instancePath: instancePath + "/changes-requested/retries", schemaPath: "#/properties/changes-requested/properties/retries/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              if (vErrors === null) {
                vErrors = [err13];
              } else {
                vErrors.push(err13);
              }
              errors++;
            }
          }
        }
        if (data8.escalateAfter !== void 0) {
          if (!validate89(data8.escalateAfter, { instancePath: instancePath + "/changes-requested/escalateAfter", parentData: data8, parentDataProperty: "escalateAfter", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate89.errors : vErrors.concat(validate89.errors);
            errors = vErrors.length;
          }
        }
        if (data8.message !== void 0) {
          let data12 = data8.message;
          if (typeof data12 === "string") {
            if (func1(data12) < 1) {
              const err14 = { instancePath: instancePath + "/changes-requested/message", schemaPath: "#/properties/changes-requested/properties/message/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err14];
              } else {
                vErrors.push(err14);
              }
              errors++;
            }
          } else {
            const err15 = { instancePath: instancePath + "/changes-requested/message", schemaPath: "#/properties/changes-requested/properties/message/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err15];
            } else {
              vErrors.push(err15);
            }
            errors++;
          }
        }
        if (data8.priority !== void 0) {
          if (!validate60(data8.priority, { instancePath: instancePath + "/changes-requested/priority", parentData: data8, parentDataProperty: "priority", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate60.errors : vErrors.concat(validate60.errors);
            errors = vErrors.length;
          }
        }
        if (data8.notifiers !== void 0) {
          let data14 = data8.notifiers;
          if (Array.isArray(data14)) {
            const len1 = data14.length;
            for (let i2 = 0; i2 < len1; i2++) {
              if (!validate57(data14[i2], { instancePath: instancePath + "/changes-requested/notifiers/" + i2, parentData: data14, parentDataProperty: i2, rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
                errors = vErrors.length;
              }
            }
            let i3 = data14.length;
            let j1;
            if (i3 > 1) {
              outer1:
                for (; i3--; ) {
                  for (j1 = i3; j1--; ) {
                    if (func0(data14[i3], data14[j1])) {
                      const err16 = { instancePath: instancePath + "/changes-requested/notifiers", schemaPath: "#/properties/changes-requested/properties/notifiers/uniqueItems", keyword: "uniqueItems", params: { i: i3, j: j1 } };
                      if (vErrors === null) {
                        vErrors = [err16];
                      } else {
                        vErrors.push(err16);
                      }
                      errors++;
                      break outer1;
                    }
                  }
                }
            }
          } else {
            const err17 = { instancePath: instancePath + "/changes-requested/notifiers", schemaPath: "#/properties/changes-requested/properties/notifiers/type", keyword: "type", params: { type: "array" } };
            if (vErrors === null) {
              vErrors = [err17];
            } else {
              vErrors.push(err17);
            }
            errors++;
          }
        }
      } else {
        const err18 = { instancePath: instancePath + "/changes-requested", schemaPath: "#/properties/changes-requested/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err18];
        } else {
          vErrors.push(err18);
        }
        errors++;
      }
    }
    if (data["bugbot-comments"] !== void 0) {
      let data16 = data["bugbot-comments"];
      if (data16 && typeof data16 == "object" && !Array.isArray(data16)) {
        for (const key3 in data16) {
          if (!(key3 === "auto" || key3 === "bots" || key3 === "retries" || key3 === "escalateAfter" || key3 === "message" || key3 === "priority" || key3 === "notifiers")) {
            const err19 = { instancePath: instancePath + "/bugbot-comments", schemaPath: "#/properties/bugbot-comments/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key3 } };
            if (vErrors === null) {
              vErrors = [err19];
            } else {
              vErrors.push(err19);
            }
            errors++;
          }
        }
        if (data16.auto !== void 0) {
          if (typeof data16.auto !== "boolean") {
            const err20 = { instancePath: instancePath + "/bugbot-comments/auto", schemaPath: "#/properties/bugbot-comments/properties/auto/type", keyword: "type", params: { type: "boolean" } };
            if (vErrors === null) {
              vErrors = [err20];
            } else {
              vErrors.push(err20);
            }
            errors++;
          }
        }
        if (data16.bots !== void 0) {
          let data18 = data16.bots;
          if (data18 && typeof data18 == "object" && !Array.isArray(data18)) {
            for (const key4 in data18) {
              let data19 = data18[key4];
              if (typeof data19 !== "string") {
                const err21 = { instancePath: instancePath + "/bugbot-comments/bots/" + key4.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/properties/bugbot-comments/properties/bots/additionalProperties/type", keyword: "type", params: { type: "string" } };
                if (vErrors === null) {
                  vErrors = [err21];
                } else {
                  vErrors.push(err21);
                }
                errors++;
              }
              if (!(data19 === "forward" || data19 === "batch" || data19 === "ignore")) {
                const err22 = { instancePath: instancePath + "/bugbot-comments/bots/" + key4.replace(/~/g, "~0").replace(/\//g, "~1"), schemaPath: "#/properties/bugbot-comments/properties/bots/additionalProperties/enum", keyword: "enum", params: { allowedValues: schema36.properties["bugbot-comments"].properties.bots.additionalProperties.enum } };
                if (vErrors === null) {
                  vErrors = [err22];
                } else {
                  vErrors.push(err22);
                }
                errors++;
              }
            }
          } else {
            const err23 = { instancePath: instancePath + "/bugbot-comments/bots", schemaPath: "#/properties/bugbot-comments/properties/bots/type", keyword: "type", params: { type: "object" } };
            if (vErrors === null) {
              vErrors = [err23];
            } else {
              vErrors.push(err23);
            }
            errors++;
          }
        }
        if (data16.retries !== void 0) {
          let data20 = data16.retries;
          if (!(typeof data20 == "number" && (!(data20 % 1) && !isNaN(data20)) && isFinite(data20))) {
            const err24 = { instancePath: instancePath + "/bugbot-comments/retries", schemaPath: "#/properties/bugbot-comments/properties/retries/type", keyword: "type", params: { type: "integer" } };
            if (vErrors === null) {
              vErrors = [err24];
            } else {
              vErrors.push(err24);
            }
            errors++;
          }
          if (typeof data20 == "number" && isFinite(data20)) {
            if (data20 < 0 || isNaN(data20)) {
              const err25 = { instancePath: instancePath + "/bugbot-comments/retries", schemaPath: "#/properties/bugbot-comments/properties/retries/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              if (vErrors === null) {
                vErrors = [err25];
              } else {
                vErrors.push(err25);
              }
              errors++;
            }
          }
        }
        if (data16.escalateAfter !== void 0) {
          if (!validate89(data16.escalateAfter, { instancePath: instancePath + "/bugbot-comments/escalateAfter", parentData: data16, parentDataProperty: "escalateAfter", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate89.errors : vErrors.concat(validate89.errors);
            errors = vErrors.length;
          }
        }
        if (data16.message !== void 0) {
          let data22 = data16.message;
          if (typeof data22 === "string") {
            if (func1(data22) < 1) {
              const err26 = { instancePath: instancePath + "/bugbot-comments/message", schemaPath: "#/properties/bugbot-comments/properties/message/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err26];
              } else {
                vErrors.push(err26);
              }
              errors++;
            }
          } else {
            const err27 = { instancePath: instancePath + "/bugbot-comments/message", schemaPath: "#/properties/bugbot-comments/properties/message/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err27];
            } else {
              vErrors.push(err27);
            }
            errors++;
          }
        }
        if (data16.priority !== void 0) {
          if (!validate60(data16.priority, { instancePath: instancePath + "/bugbot-comments/priority", parentData: data16, parentDataProperty: "priority", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate60.errors : vErrors.concat(validate60.errors);
            errors = vErrors.length;
          }
        }
        if (data16.notifiers !== void 0) {
          let data24 = data16.notifiers;
          if (Array.isArray(data24)) {
            const len2 = data24.length;
            for (let i4 = 0; i4 < len2; i4++) {
              if (!validate57(data24[i4], { instancePath: instancePath + "/bugbot-comments/notifiers/" + i4, parentData: data24, parentDataProperty: i4, rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
                errors = vErrors.length;
              }
            }
            let i5 = data24.length;
            let j2;
            if (i5 > 1) {
              outer2:
                for (; i5--; ) {
                  for (j2 = i5; j2--; ) {
                    if (func0(data24[i5], data24[j2])) {
                      const err28 = { instancePath: instancePath + "/bugbot-comments/notifiers", schemaPath: "#/properties/bugbot-comments/properties/notifiers/uniqueItems", keyword: "uniqueItems", params: { i: i5, j: j2 } };
                      if (vErrors === null) {
                        vErrors = [err28];
                      } else {
                        vErrors.push(err28);
                      }
                      errors++;
                      break outer2;
                    }
                  }
                }
            }
          } else {
            const err29 = { instancePath: instancePath + "/bugbot-comments/notifiers", schemaPath: "#/properties/bugbot-comments/properties/notifiers/type", keyword: "type", params: { type: "array" } };
            if (vErrors === null) {
              vErrors = [err29];
            } else {
              vErrors.push(err29);
            }
            errors++;
          }
        }
      } else {
        const err30 = { instancePath: instancePath + "/bugbot-comments", schemaPath: "#/properties/bugbot-comments/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err30];
        } else {
          vErrors.push(err30);
        }
        errors++;
      }
    }
    if (data["merge-conflicts"] !== void 0) {
      let data26 = data["merge-conflicts"];
      if (data26 && typeof data26 == "object" && !Array.isArray(data26)) {
        for (const key5 in data26) {
          if (!(key5 === "auto" || key5 === "retries" || key5 === "escalateAfter" || key5 === "message" || key5 === "priority" || key5 === "notifiers")) {
            const err31 = { instancePath: instancePath + "/merge-conflicts", schemaPath: "#/properties/merge-conflicts/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key5 } };
            if (vErrors === null) {
              vErrors = [err31];
            } else {
              vErrors.push(err31);
            }
            errors++;
          }
        }
        if (data26.auto !== void 0) {
          if (typeof data26.auto !== "boolean") {
            const err32 = { instancePath: instancePath + "/merge-conflicts/auto", schemaPath: "#/properties/merge-conflicts/properties/auto/type", keyword: "type", params: { type: "boolean" } };
            if (vErrors === null) {
              vErrors = [err32];
            } else {
              vErrors.push(err32);
            }
            errors++;
          }
        }
        if (data26.retries !== void 0) {
          let data28 = data26.retries;
          if (!(typeof data28 == "number" && (!(data28 % 1) && !isNaN(data28)) && isFinite(data28))) {
            const err33 = { instancePath: instancePath + "/merge-conflicts/retries", schemaPath: "#/properties/merge-conflicts/properties/retries/type", keyword: "type", params: { type: "integer" } };
            if (vErrors === null) {
              vErrors = [err33];
            } else {
              vErrors.push(err33);
            }
            errors++;
          }
          if (typeof data28 == "number" && isFinite(data28)) {
            if (data28 < 0 || isNaN(data28)) {
              const err34 = { instancePath: instancePath + "/merge-conflicts/retries", schemaPath: "#/properties/merge-conflicts/properties/retries/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              if (vErrors === null) {
                vErrors = [err34];
              } else {
                vErrors.push(err34);
              }
              errors++;
            }
          }
        }
        if (data26.escalateAfter !== void 0) {
          if (!validate89(data26.escalateAfter, { instancePath: instancePath + "/merge-conflicts/escalateAfter", parentData: data26, parentDataProperty: "escalateAfter", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate89.errors : vErrors.concat(validate89.errors);
            errors = vErrors.length;
          }
        }
        if (data26.message !== void 0) {
          let data30 = data26.message;
          if (typeof data30 === "string") {
            if (func1(data30) < 1) {
              const err35 = { instancePath: instancePath + "/merge-conflicts/message", schemaPath: "#/properties/merge-conflicts/properties/message/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err35];
              } else {
                vErrors.push(err35);
              }
              errors++;
            }
          } else {
            const err36 = { instancePath: instancePath + "/merge-conflicts/message", schemaPath: "#/properties/merge-conflicts/properties/message/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err36];
            } else {
              vErrors.push(err36);
            }
            errors++;
          }
        }
        if (data26.priority !== void 0) {
          if (!validate60(data26.priority, { instancePath: instancePath + "/merge-conflicts/priority", parentData: data26, parentDataProperty: "priority", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate60.errors : vErrors.concat(validate60.errors);
            errors = vErrors.length;
          }
        }
        if (data26.notifiers !== void 0) {
          let data32 = data26.notifiers;
          if (Array.isArray(data32)) {
            const len3 = data32.length;
            for (let i6 = 0; i6 < len3; i6++) {
              if (!validate57(data32[i6], { instancePath: instancePath + "/merge-conflicts/notifiers/" + i6, parentData: data32, parentDataProperty: i6, rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
                errors = vErrors.length;
              }
            }
            let i7 = data32.length;
            let j3;
            if (i7 > 1) {
              outer3:
                for (; i7--; ) {
                  for (j3 = i7; j3--; ) {
                    if (func0(data32[i7], data32[j3])) {
                      const err37 = { instancePath: instancePath + "/merge-conflicts/notifiers", schemaPath: "#/properties/merge-conflicts/properties/notifiers/uniqueItems", keyword: "uniqueItems", params: { i: i7, j: j3 } };
                      if (vErrors === null) {
                        vErrors = [err37];
                      } else {
                        vErrors.push(err37);
                      }
                      errors++;
                      break outer3;
                    }
                  }
                }
            }
          } else {
            const err38 = { instancePath: instancePath + "/merge-conflicts/notifiers", schemaPath: "#/properties/merge-conflicts/properties/notifiers/type", keyword: "type", params: { type: "array" } };
            if (vErrors === null) {
              vErrors = [err38];
            } else {
              vErrors.push(err38);
            }
            errors++;
          }
        }
      } else {
        const err39 = { instancePath: instancePath + "/merge-conflicts", schemaPath: "#/properties/merge-conflicts/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err39];
        } else {
          vErrors.push(err39);
        }
        errors++;
      }
    }
    if (data["approved-and-green"] !== void 0) {
      let data34 = data["approved-and-green"];
      if (data34 && typeof data34 == "object" && !Array.isArray(data34)) {
        for (const key6 in data34) {
          if (!(key6 === "auto" || key6 === "require" || key6 === "label" || key6 === "settle" || key6 === "escalateAfter" || key6 === "message" || key6 === "priority" || key6 === "notifiers")) {
            const err40 = { instancePath: instancePath + "/approved-and-green", schemaPath: "#/properties/approved-and-green/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key6 } };
            if (vErrors === null) {
              vErrors = [err40];
            } else {
              vErrors.push(err40);
            }
            errors++;
          }
        }
        if (data34.auto !== void 0) {
          if (typeof data34.auto !== "boolean") {
            const err41 = { instancePath: instancePath + "/approved-and-green/auto", schemaPath: "#/properties/approved-and-green/properties/auto/type", keyword: "type", params: { type: "boolean" } };
            if (vErrors === null) {
              vErrors = [err41];
            } else {
              vErrors.push(err41);
            }
            errors++;
          }
        }
        if (data34.require !== void 0) {
          let data36 = data34.require;
          if (typeof data36 !== "string") {
            const err42 = { instancePath: instancePath + "/approved-and-green/require", schemaPath: "#/properties/approved-and-green/properties/require/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err42];
            } else {
              vErrors.push(err42);
            }
            errors++;
          }
          if (!(data36 === "approval" || data36 === "label" || data36 === "none")) {
            const err43 = { instancePath: instancePath + "/approved-and-green/require", schemaPath: "#/properties/approved-and-green/properties/require/enum", keyword: "enum", params: { allowedValues: schema36.properties["approved-and-green"].properties.require.enum } };
            if (vErrors === null) {
              vErrors = [err43];
            } else {
              vErrors.push(err43);
            }
            errors++;
          }
        }
        if (data34.label !== void 0) {
          let data37 = data34.label;
          if (typeof data37 === "string") {
            if (func1(data37) < 1) {
              const err44 = { instancePath: instancePath + "/approved-and-green/label", schemaPath: "#/properties/approved-and-green/properties/label/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err44];
              } else {
                vErrors.push(err44);
              }
              errors++;
            }
          } else {
            const err45 = { instancePath: instancePath + "/approved-and-green/label", schemaPath: "#/properties/approved-and-green/properties/label/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err45];
            } else {
              vErrors.push(err45);
            }
            errors++;
          }
        }
        if (data34.settle !== void 0) {
          if (!validate81(data34.settle, { instancePath: instancePath + "/approved-and-green/settle", parentData: data34, parentDataProperty: "settle", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
            errors = vErrors.length;
          }
        }
        if (data34.escalateAfter !== void 0) {
          if (!validate81(data34.escalateAfter, { instancePath: instancePath + "/approved-and-green/escalateAfter", parentData: data34, parentDataProperty: "escalateAfter", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
            errors = vErrors.length;
          }
        }
        if (data34.message !== void 0) {
          let data40 = data34.message;
          if (typeof data40 === "string") {
            if (func1(data40) < 1) {
              const err46 = { instancePath: instancePath + "/approved-and-green/message", schemaPath: "#/properties/approved-and-green/properties/message/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err46];
              } else {
                vErrors.push(err46);
              }
              errors++;
            }
          } else {
            const err47 = { instancePath: instancePath + "/approved-and-green/message", schemaPath: "#/properties/approved-and-green/properties/message/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err47];
            } else {
              vErrors.push(err47);
            }
            errors++;
          }
        }
        if (data34.priority !== void 0) {
          if (!validate60(data34.priority, { instancePath: instancePath + "/approved-and-green/priority", parentData: data34, parentDataProperty: "priority", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate60.errors : vErrors.concat(validate60.errors);
            errors = vErrors.length;
          }
        }
        if (data34.notifiers !== void 0) {
          let data42 = data34.notifiers;
          if (Array.isArray(data42)) {
            const len4 = data42.length;
            for (let i8 = 0; i8 < len4; i8++) {
              if (!validate57(data42[i8], { instancePath: instancePath + "/approved-and-green/notifiers/" + i8, parentData: data42, parentDataProperty: i8, rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
                errors = vErrors.length;
              }
            }
            let i9 = data42.length;
            let j4;
            if (i9 > 1) {
              outer4:
                for (; i9--; ) {
                  for (j4 = i9; j4--; ) {
                    if (func0(data42[i9], data42[j4])) {
                      const err48 = { instancePath: instancePath + "/approved-and-green/notifiers", schemaPath: "#/properties/approved-and-green/properties/notifiers/uniqueItems", keyword: "uniqueItems", params: { i: i9, j: j4 } };
                      if (vErrors === null) {
                        vErrors = [err48];
                      } else {
                        vErrors.push(err48);
                      }
                      errors++;
                      break outer4;
                    }
                  }
                }
            }
          } else {
            const err49 = { instancePath: instancePath + "/approved-and-green/notifiers", schemaPath: "#/properties/approved-and-green/properties/notifiers/type", keyword: "type", params: { type: "array" } };
            if (vErrors === null) {
              vErrors = [err49];
            } else {
              vErrors.push(err49);
            }
            errors++;
          }
        }
      } else {
        const err50 = { instancePath: instancePath + "/approved-and-green", schemaPath: "#/properties/approved-and-green/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err50];
        } else {
          vErrors.push(err50);
        }
        errors++;
      }
    }
    if (data["pr-closed"] !== void 0) {
      let data44 = data["pr-closed"];
      if (data44 && typeof data44 == "object" && !Array.isArray(data44)) {
        for (const key7 in data44) {
          if (!(key7 === "auto" || key7 === "message" || key7 === "priority" || key7 === "notifiers")) {
            const err51 = { instancePath: instancePath + "/pr-closed", schemaPath: "#/properties/pr-closed/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key7 } };
            if (vErrors === null) {
              vErrors = [err51];
            } else {
              vErrors.push(err51);
            }
            errors++;
          }
        }
        if (data44.auto !== void 0) {
          if (typeof data44.auto !== "boolean") {
            const err52 = { instancePath: instancePath + "/pr-closed/auto", schemaPath: "#/properties/pr-closed/properties/auto/type", keyword: "type", params: { type: "boolean" } };
            if (vErrors === null) {
              vErrors = [err52];
            } else {
              vErrors.push(err52);
            }
            errors++;
          }
        }
        if (data44.message !== void 0) {
          let data46 = data44.message;
          if (typeof data46 === "string") {
            if (func1(data46) < 1) {
              const err53 = { instancePath: instancePath + "/pr-closed/message", schemaPath: "#/properties/pr-closed/properties/message/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err53];
              } else {
                vErrors.push(err53);
              }
              errors++;
            }
          } else {
            const err54 = { instancePath: instancePath + "/pr-closed/message", schemaPath: "#/properties/pr-closed/properties/message/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err54];
            } else {
              vErrors.push(err54);
            }
            errors++;
          }
        }
        if (data44.priority !== void 0) {
          if (!validate60(data44.priority, { instancePath: instancePath + "/pr-closed/priority", parentData: data44, parentDataProperty: "priority", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate60.errors : vErrors.concat(validate60.errors);
            errors = vErrors.length;
          }
        }
        if (data44.notifiers !== void 0) {
          let data48 = data44.notifiers;
          if (Array.isArray(data48)) {
            const len5 = data48.length;
            for (let i10 = 0; i10 < len5; i10++) {
              if (!validate57(data48[i10], { instancePath: instancePath + "/pr-closed/notifiers/" + i10, parentData: data48, parentDataProperty: i10, rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
                errors = vErrors.length;
              }
            }
            let i11 = data48.length;
            let j5;
            if (i11 > 1) {
              outer5:
                for (; i11--; ) {
                  for (j5 = i11; j5--; ) {
                    if (func0(data48[i11], data48[j5])) {
                      const err55 = { instancePath: instancePath + "/pr-closed/notifiers", schemaPath: "#/properties/pr-closed/properties/notifiers/uniqueItems", keyword: "uniqueItems", params: { i: i11, j: j5 } };
                      if (vErrors === null) {
                        vErrors = [err55];
                      } else {
                        vErrors.push(err55);
                      }
                      errors++;
                      break outer5;
                    }
                  }
                }
            }
          } else {
            const err56 = { instancePath: instancePath + "/pr-closed/notifiers", schemaPath: "#/properties/pr-closed/properties/notifiers/type", keyword: "type", params: { type: "array" } };
            if (vErrors === null) {
              vErrors = [err56];
            } else {
              vErrors.push(err56);
            }
            errors++;
          }
        }
      } else {
        const err57 = { instancePath: instancePath + "/pr-closed", schemaPath: "#/properties/pr-closed/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err57];
        } else {
          vErrors.push(err57);
        }
        errors++;
      }
    }
    if (data["agent-exited"] !== void 0) {
      let data50 = data["agent-exited"];
      if (data50 && typeof data50 == "object" && !Array.isArray(data50)) {
        for (const key8 in data50) {
          if (!(key8 === "auto" || key8 === "retries" || key8 === "message" || key8 === "priority" || key8 === "notifiers")) {
            const err58 = { instancePath: instancePath + "/agent-exited", schemaPath: "#/properties/agent-exited/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key8 } };
            if (vErrors === null) {
              vErrors = [err58];
            } else {
              vErrors.push(err58);
            }
            errors++;
          }
        }
        if (data50.auto !== void 0) {
          if (typeof data50.auto !== "boolean") {
            const err59 = { instancePath: instancePath + "/agent-exited/auto", schemaPath: "#/properties/agent-exited/properties/auto/type", keyword: "type", params: { type: "boolean" } };
            if (vErrors === null) {
              vErrors = [err59];
            } else {
              vErrors.push(err59);
            }
            errors++;
          }
        }
        if (data50.retries !== void 0) {
          let data52 = data50.retries;
          if (!(typeof data52 == "number" && (!(data52 % 1) && !isNaN(data52)) && isFinite(data52))) {
            const err60 = { instancePath: instancePath + "/agent-exited/retries", schemaPath: "#/properties/agent-exited/properties/retries/type", keyword: "type", params: { type: "integer" } };
            if (vErrors === null) {
              vErrors = [err60];
            } else {
              vErrors.push(err60);
            }
            errors++;
          }
          if (typeof data52 == "number" && isFinite(data52)) {
            if (data52 < 0 || isNaN(data52)) {
              const err61 = { instancePath: instancePath + "/agent-exited/retries", schemaPath: "#/properties/agent-exited/properties/retries/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              if (vErrors === null) {
                vErrors = [err61];
              } else {
                vErrors.push(err61);
              }
              errors++;
            }
          }
        }
        if (data50.message !== void 0) {
          let data53 = data50.message;
          if (typeof data53 === "string") {
            if (func1(data53) < 1) {
              const err62 = { instancePath: instancePath + "/agent-exited/message", schemaPath: "#/properties/agent-exited/properties/message/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err62];
              } else {
                vErrors.push(err62);
              }
              errors++;
            }
          } else {
            const err63 = { instancePath: instancePath + "/agent-exited/message", schemaPath: "#/properties/agent-exited/properties/message/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err63];
            } else {
              vErrors.push(err63);
            }
            errors++;
          }
        }
        if (data50.priority !== void 0) {
          if (!validate60(data50.priority, { instancePath: instancePath + "/agent-exited/priority", parentData: data50, parentDataProperty: "priority", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate60.errors : vErrors.concat(validate60.errors);
            errors = vErrors.length;
          }
        }
        if (data50.notifiers !== void 0) {
          let data55 = data50.notifiers;
          if (Array.isArray(data55)) {
            const len6 = data55.length;
            for (let i12 = 0; i12 < len6; i12++) {
              if (!validate57(data55[i12], { instancePath: instancePath + "/agent-exited/notifiers/" + i12, parentData: data55, parentDataProperty: i12, rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
                errors = vErrors.length;
              }
            }
            let i13 = data55.length;
            let j6;
            if (i13 > 1) {
              outer6:
                for (; i13--; ) {
                  for (j6 = i13; j6--; ) {
                    if (func0(data55[i13], data55[j6])) {
                      const err64 = { instancePath: instancePath + "/agent-exited/notifiers", schemaPath: "#/properties/agent-exited/properties/notifiers/uniqueItems", keyword: "uniqueItems", params: { i: i13, j: j6 } };
                      if (vErrors === null) {
                        vErrors = [err64];
                      } else {
                        vErrors.push(err64);
                      }
                      errors++;
                      break outer6;
                    }
                  }
                }
            }
          } else {
            const err65 = { instancePath: instancePath + "/agent-exited/notifiers", schemaPath: "#/properties/agent-exited/properties/notifiers/type", keyword: "type", params: { type: "array" } };
            if (vErrors === null) {
              vErrors = [err65];
            } else {
              vErrors.push(err65);
            }
            errors++;
          }
        }
      } else {
        const err66 = { instancePath: instancePath + "/agent-exited", schemaPath: "#/properties/agent-exited/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err66];
        } else {
          vErrors.push(err66);
        }
        errors++;
      }
    }
    if (data["agent-idle"] !== void 0) {
      let data57 = data["agent-idle"];
      if (data57 && typeof data57 == "object" && !Array.isArray(data57)) {
        for (const key9 in data57) {
          if (!(key9 === "auto" || key9 === "threshold" || key9 === "retries" || key9 === "escalateAfter" || key9 === "message" || key9 === "priority" || key9 === "notifiers")) {
            const err67 = { instancePath: instancePath + "/agent-idle", schemaPath: "#/properties/agent-idle/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key9 } };
            if (vErrors === null) {
              vErrors = [err67];
            } else {
              vErrors.push(err67);
            }
            errors++;
          }
        }
        if (data57.auto !== void 0) {
          if (typeof data57.auto !== "boolean") {
            const err68 = { instancePath: instancePath + "/agent-idle/auto", schemaPath: "#/properties/agent-idle/properties/auto/type", keyword: "type", params: { type: "boolean" } };
            if (vErrors === null) {
              vErrors = [err68];
            } else {
              vErrors.push(err68);
            }
            errors++;
          }
        }
        if (data57.threshold !== void 0) {
          if (!validate81(data57.threshold, { instancePath: instancePath + "/agent-idle/threshold", parentData: data57, parentDataProperty: "threshold", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
            errors = vErrors.length;
          }
        }
        if (data57.retries !== void 0) {
          let data60 = data57.retries;
          if (!(typeof data60 == "number" && (!(data60 % 1) && !isNaN(data60)) && isFinite(data60))) {
            const err69 = { instancePath: instancePath + "/agent-idle/retries", schemaPath: "#/properties/agent-idle/properties/retries/type", keyword: "type", params: { type: "integer" } };
            if (vErrors === null) {
              vErrors = [err69];
            } else {
              vErrors.push(err69);
            }
            errors++;
          }
          if (typeof data60 == "number" && isFinite(data60)) {
            if (data60 < 0 || isNaN(data60)) {
              const err70 = { instancePath: instancePath + "/agent-idle/retries", schemaPath: "#/properties/agent-idle/properties/retries/minimum", keyword: "minimum", params: { comparison: ">=", limit: 0 } };
              if (vErrors === null) {
                vErrors = [err70];
              } else {
                vErrors.push(err70);
              }
              errors++;
            }
          }
        }
        if (data57.escalateAfter !== void 0) {
          if (!validate89(data57.escalateAfter, { instancePath: instancePath + "/agent-idle/escalateAfter", parentData: data57, parentDataProperty: "escalateAfter", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate89.errors : vErrors.concat(validate89.errors);
            errors = vErrors.length;
          }
        }
        if (data57.message !== void 0) {
          let data62 = data57.message;
          if (typeof data62 === "string") {
            if (func1(data62) < 1) {
              const err71 = { instancePath: instancePath + "/agent-idle/message", schemaPath: "#/properties/agent-idle/properties/message/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err71];
              } else {
                vErrors.push(err71);
              }
              errors++;
            }
          } else {
            const err72 = { instancePath: instancePath + "/agent-idle/message", schemaPath: "#/properties/agent-idle/properties/message/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err72];
            } else {
              vErrors.push(err72);
            }
            errors++;
          }
        }
        if (data57.priority !== void 0) {
          if (!validate60(data57.priority, { instancePath: instancePath + "/agent-idle/priority", parentData: data57, parentDataProperty: "priority", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate60.errors : vErrors.concat(validate60.errors);
            errors = vErrors.length;
          }
        }
        if (data57.notifiers !== void 0) {
          let data64 = data57.notifiers;
          if (Array.isArray(data64)) {
            const len7 = data64.length;
            for (let i14 = 0; i14 < len7; i14++) {
              if (!validate57(data64[i14], { instancePath: instancePath + "/agent-idle/notifiers/" + i14, parentData: data64, parentDataProperty: i14, rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
                errors = vErrors.length;
              }
            }
            let i15 = data64.length;
            let j7;
            if (i15 > 1) {
              outer7:
                for (; i15--; ) {
                  for (j7 = i15; j7--; ) {
                    if (func0(data64[i15], data64[j7])) {
                      const err73 = { instancePath: instancePath + "/agent-idle/notifiers", schemaPath: "#/properties/agent-idle/properties/notifiers/uniqueItems", keyword: "uniqueItems", params: { i: i15, j: j7 } };
                      if (vErrors === null) {
                        vErrors = [err73];
                      } else {
                        vErrors.push(err73);
                      }
                      errors++;
                      break outer7;
                    }
                  }
                }
            }
          } else {
            const err74 = { instancePath: instancePath + "/agent-idle/notifiers", schemaPath: "#/properties/agent-idle/properties/notifiers/type", keyword: "type", params: { type: "array" } };
            if (vErrors === null) {
              vErrors = [err74];
            } else {
              vErrors.push(err74);
            }
            errors++;
          }
        }
      } else {
        const err75 = { instancePath: instancePath + "/agent-idle", schemaPath: "#/properties/agent-idle/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err75];
        } else {
          vErrors.push(err75);
        }
        errors++;
      }
    }
    if (data["agent-stuck"] !== void 0) {
      let data66 = data["agent-stuck"];
      if (data66 && typeof data66 == "object" && !Array.isArray(data66)) {
        for (const key10 in data66) {
          if (!(key10 === "auto" || key10 === "threshold" || key10 === "message" || key10 === "priority" || key10 === "notifiers")) {
            const err76 = { instancePath: instancePath + "/agent-stuck", schemaPath: "#/properties/agent-stuck/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key10 } };
            if (vErrors === null) {
              vErrors = [err76];
            } else {
              vErrors.push(err76);
            }
            errors++;
          }
        }
        if (data66.auto !== void 0) {
          if (typeof data66.auto !== "boolean") {
            const err77 = { instancePath: instancePath + "/agent-stuck/auto", schemaPath: "#/properties/agent-stuck/properties/auto/type", keyword: "type", params: { type: "boolean" } };
            if (vErrors === null) {
              vErrors = [err77];
            } else {
              vErrors.push(err77);
            }
            errors++;
          }
        }
        if (data66.threshold !== void 0) {
          if (!validate81(data66.threshold, { instancePath: instancePath + "/agent-stuck/threshold", parentData: data66, parentDataProperty: "threshold", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
            errors = vErrors.length;
          }
        }
        if (data66.message !== void 0) {
          let data69 = data66.message;
          if (typeof data69 === "string") {
            if (func1(data69) < 1) {
              const err78 = { instancePath: instancePath + "/agent-stuck/message", schemaPath: "#/properties/agent-stuck/properties/message/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err78];
              } else {
                vErrors.push(err78);
              }
              errors++;
            }
          } else {
            const err79 = { instancePath: instancePath + "/agent-stuck/message", schemaPath: "#/properties/agent-stuck/properties/message/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err79];
            } else {
              vErrors.push(err79);
            }
            errors++;
          }
        }
        if (data66.priority !== void 0) {
          if (!validate60(data66.priority, { instancePath: instancePath + "/agent-stuck/priority", parentData: data66, parentDataProperty: "priority", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate60.errors : vErrors.concat(validate60.errors);
            errors = vErrors.length;
          }
        }
        if (data66.notifiers !== void 0) {
          let data71 = data66.notifiers;
          if (Array.isArray(data71)) {
            const len8 = data71.length;
            for (let i16 = 0; i16 < len8; i16++) {
              if (!validate57(data71[i16], { instancePath: instancePath + "/agent-stuck/notifiers/" + i16, parentData: data71, parentDataProperty: i16, rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
                errors = vErrors.length;
              }
            }
            let i17 = data71.length;
            let j8;
            if (i17 > 1) {
              outer8:
                for (; i17--; ) {
                  for (j8 = i17; j8--; ) {
                    if (func0(data71[i17], data71[j8])) {
                      const err80 = { instancePath: instancePath + "/agent-stuck/notifiers", schemaPath: "#/properties/agent-stuck/properties/notifiers/uniqueItems", keyword: "uniqueItems", params: { i: i17, j: j8 } };
                      if (vErrors === null) {
                        vErrors = [err80];
                      } else {
                        vErrors.push(err80);
                      }
                      errors++;
                      break outer8;
                    }
                  }
                }
            }
          } else {
            const err81 = { instancePath: instancePath + "/agent-stuck/notifiers", schemaPath: "#/properties/agent-stuck/properties/notifiers/type", keyword: "type", params: { type: "array" } };
            if (vErrors === null) {
              vErrors = [err81];
            } else {
              vErrors.push(err81);
            }
            errors++;
          }
        }
      } else {
        const err82 = { instancePath: instancePath + "/agent-stuck", schemaPath: "#/properties/agent-stuck/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err82];
        } else {
          vErrors.push(err82);
        }
        errors++;
      }
    }
    if (data["agent-needs-input"] !== void 0) {
      let data73 = data["agent-needs-input"];
      if (data73 && typeof data73 == "object" && !Array.isArray(data73)) {
        for (const key11 in data73) {
          if (!(key11 === "auto" || key11 === "threshold" || key11 === "message" || key11 === "priority" || key11 === "notifiers")) {
            const err83 = { instancePath: instancePath + "/agent-needs-input", schemaPath: "#/properties/agent-needs-input/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key11 } };
            if (vErrors === null) {
              vErrors = [err83];
            } else {
              vErrors.push(err83);
            }
            errors++;
          }
        }
        if (data73.auto !== void 0) {
          if (typeof data73.auto !== "boolean") {
            const err84 = { instancePath: instancePath + "/agent-needs-input/auto", schemaPath: "#/properties/agent-needs-input/properties/auto/type", keyword: "type", params: { type: "boolean" } };
            if (vErrors === null) {
              vErrors = [err84];
            } else {
              vErrors.push(err84);
            }
            errors++;
          }
        }
        if (data73.threshold !== void 0) {
          if (!validate81(data73.threshold, { instancePath: instancePath + "/agent-needs-input/threshold", parentData: data73, parentDataProperty: "threshold", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
            errors = vErrors.length;
          }
        }
        if (data73.message !== void 0) {
          let data76 = data73.message;
          if (typeof data76 === "string") {
            if (func1(data76) < 1) {
              const err85 = { instancePath: instancePath + "/agent-needs-input/message", schemaPath: "#/properties/agent-needs-input/properties/message/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err85];
              } else {
                vErrors.push(err85);
              }
              errors++;
            }
          } else {
            const err86 = { instancePath: instancePath + "/agent-needs-input/message", schemaPath: "#/properties/agent-needs-input/properties/message/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err86];
            } else {
              vErrors.push(err86);
            }
            errors++;
          }
        }
        if (data73.priority !== void 0) {
          if (!validate60(data73.priority, { instancePath: instancePath + "/agent-needs-input/priority", parentData: data73, parentDataProperty: "priority", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate60.errors : vErrors.concat(validate60.errors);
            errors = vErrors.length;
          }
        }
        if (data73.notifiers !== void 0) {
          let data78 = data73.notifiers;
          if (Array.isArray(data78)) {
            const len9 = data78.length;
            for (let i18 = 0; i18 < len9; i18++) {
              if (!validate57(data78[i18], { instancePath: instancePath + "/agent-needs-input/notifiers/" + i18, parentData: data78, parentDataProperty: i18, rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
                errors = vErrors.length;
              }
            }
            let i19 = data78.length;
            let j9;
            if (i19 > 1) {
              outer9:
                for (; i19--; ) {
                  for (j9 = i19; j9--; ) {
                    if (func0(data78[i19], data78[j9])) {
                      const err87 = { instancePath: instancePath + "/agent-needs-input/notifiers", schemaPath: "#/properties/agent-needs-input/properties/notifiers/uniqueItems", keyword: "uniqueItems", params: { i: i19, j: j9 } };
                      if (vErrors === null) {
                        vErrors = [err87];
                      } else {
                        vErrors.push(err87);
                      }
                      errors++;
                      break outer9;
                    }
                  }
                }
            }
          } else {
            const err88 = { instancePath: instancePath + "/agent-needs-input/notifiers", schemaPath: "#/properties/agent-needs-input/properties/notifiers/type", keyword: "type", params: { type: "array" } };
            if (vErrors === null) {
              vErrors = [err88];
            } else {
              vErrors.push(err88);
            }
            errors++;
          }
        }
      } else {
        const err89 = { instancePath: instancePath + "/agent-needs-input", schemaPath: "#/properties/agent-needs-input/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err89];
        } else {
          vErrors.push(err89);
        }
        errors++;
      }
    }
    if (data["report-no-acknowledge"] !== void 0) {
      let data80 = data["report-no-acknowledge"];
      if (data80 && typeof data80 == "object" && !Array.isArray(data80)) {
        for (const key12 in data80) {
          if (!(key12 === "auto" || key12 === "threshold" || key12 === "message" || key12 === "priority" || key12 === "notifiers")) {
            const err90 = { instancePath: instancePath + "/report-no-acknowledge", schemaPath: "#/properties/report-no-acknowledge/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key12 } };
            if (vErrors === null) {
              vErrors = [err90];
            } else {
              vErrors.push(err90);
            }
            errors++;
          }
        }
        if (data80.auto !== void 0) {
          if (typeof data80.auto !== "boolean") {
            const err91 = { instancePath: instancePath + "/report-no-acknowledge/auto", schemaPath: "#/properties/report-no-acknowledge/properties/auto/type", keyword: "type", params: { type: "boolean" } };
            if (vErrors === null) {
              vErrors = [err91];
            } else {
              vErrors.push(err91);
            }
            errors++;
          }
        }
        if (data80.threshold !== void 0) {
          if (!validate81(data80.threshold, { instancePath: instancePath + "/report-no-acknowledge/threshold", parentData: data80, parentDataProperty: "threshold", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
            errors = vErrors.length;
          }
        }
        if (data80.message !== void 0) {
          let data83 = data80.message;
          if (typeof data83 === "string") {
            if (func1(data83) < 1) {
              const err92 = { instancePath: instancePath + "/report-no-acknowledge/message", schemaPath: "#/properties/report-no-acknowledge/properties/message/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err92];
              } else {
                vErrors.push(err92);
              }
              errors++;
            }
          } else {
            const err93 = { instancePath: instancePath + "/report-no-acknowledge/message", schemaPath: "#/properties/report-no-acknowledge/properties/message/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err93];
            } else {
              vErrors.push(err93);
            }
            errors++;
          }
        }
        if (data80.priority !== void 0) {
          if (!validate60(data80.priority, { instancePath: instancePath + "/report-no-acknowledge/priority", parentData: data80, parentDataProperty: "priority", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate60.errors : vErrors.concat(validate60.errors);
            errors = vErrors.length;
          }
        }
        if (data80.notifiers !== void 0) {
          let data85 = data80.notifiers;
          if (Array.isArray(data85)) {
            const len10 = data85.length;
            for (let i20 = 0; i20 < len10; i20++) {
              if (!validate57(data85[i20], { instancePath: instancePath + "/report-no-acknowledge/notifiers/" + i20, parentData: data85, parentDataProperty: i20, rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
                errors = vErrors.length;
              }
            }
            let i21 = data85.length;
            let j10;
            if (i21 > 1) {
              outer10:
                for (; i21--; ) {
                  for (j10 = i21; j10--; ) {
                    if (func0(data85[i21], data85[j10])) {
                      const err94 = { instancePath: instancePath + "/report-no-acknowledge/notifiers", schemaPath: "#/properties/report-no-acknowledge/properties/notifiers/uniqueItems", keyword: "uniqueItems", params: { i: i21, j: j10 } };
                      if (vErrors === null) {
                        vErrors = [err94];
                      } else {
                        vErrors.push(err94);
                      }
                      errors++;
                      break outer10;
                    }
                  }
                }
            }
          } else {
            const err95 = { instancePath: instancePath + "/report-no-acknowledge/notifiers", schemaPath: "#/properties/report-no-acknowledge/properties/notifiers/type", keyword: "type", params: { type: "array" } };
            if (vErrors === null) {
              vErrors = [err95];
            } else {
              vErrors.push(err95);
            }
            errors++;
          }
        }
      } else {
        const err96 = { instancePath: instancePath + "/report-no-acknowledge", schemaPath: "#/properties/report-no-acknowledge/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err96];
        } else {
          vErrors.push(err96);
        }
        errors++;
      }
    }
    if (data["report-stale"] !== void 0) {
      let data87 = data["report-stale"];
      if (data87 && typeof data87 == "object" && !Array.isArray(data87)) {
        for (const key13 in data87) {
          if (!(key13 === "auto" || key13 === "threshold" || key13 === "message" || key13 === "priority" || key13 === "notifiers")) {
            const err97 = { instancePath: instancePath + "/report-stale", schemaPath: "#/properties/report-stale/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key13 } };
            if (vErrors === null) {
              vErrors = [err97];
            } else {
              vErrors.push(err97);
            }
            errors++;
          }
        }
        if (data87.auto !== void 0) {
          if (typeof data87.auto !== "boolean") {
            const err98 = { instancePath: instancePath + "/report-stale/auto", schemaPath: "#/properties/report-stale/properties/auto/type", keyword: "type", params: { type: "boolean" } };
            if (vErrors === null) {
              vErrors = [err98];
            } else {
              vErrors.push(err98);
            }
            errors++;
          }
        }
        if (data87.threshold !== void 0) {
          if (!validate81(data87.threshold, { instancePath: instancePath + "/report-stale/threshold", parentData: data87, parentDataProperty: "threshold", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
            errors = vErrors.length;
          }
        }
        if (data87.message !== void 0) {
          let data90 = data87.message;
          if (typeof data90 === "string") {
            if (func1(data90) < 1) {
              const err99 = { instancePath: instancePath + "/report-stale/message", schemaPath: "#/properties/report-stale/properties/message/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err99];
              } else {
                vErrors.push(err99);
              }
              errors++;
            }
          } else {
            const err100 = { instancePath: instancePath + "/report-stale/message", schemaPath: "#/properties/report-stale/properties/message/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err100];
            } else {
              vErrors.push(err100);
            }
            errors++;
          }
        }
        if (data87.priority !== void 0) {
          if (!validate60(data87.priority, { instancePath: instancePath + "/report-stale/priority", parentData: data87, parentDataProperty: "priority", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate60.errors : vErrors.concat(validate60.errors);
            errors = vErrors.length;
          }
        }
        if (data87.notifiers !== void 0) {
          let data92 = data87.notifiers;
          if (Array.isArray(data92)) {
            const len11 = data92.length;
            for (let i22 = 0; i22 < len11; i22++) {
              if (!validate57(data92[i22], { instancePath: instancePath + "/report-stale/notifiers/" + i22, parentData: data92, parentDataProperty: i22, rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
                errors = vErrors.length;
              }
            }
            let i23 = data92.length;
            let j11;
            if (i23 > 1) {
              outer11:
                for (; i23--; ) {
                  for (j11 = i23; j11--; ) {
                    if (func0(data92[i23], data92[j11])) {
                      const err101 = { instancePath: instancePath + "/report-stale/notifiers", schemaPath: "#/properties/report-stale/properties/notifiers/uniqueItems", keyword: "uniqueItems", params: { i: i23, j: j11 } };
                      if (vErrors === null) {
                        vErrors = [err101];
                      } else {
                        vErrors.push(err101);
                      }
                      errors++;
                      break outer11;
                    }
                  }
                }
            }
          } else {
            const err102 = { instancePath: instancePath + "/report-stale/notifiers", schemaPath: "#/properties/report-stale/properties/notifiers/type", keyword: "type", params: { type: "array" } };
            if (vErrors === null) {
              vErrors = [err102];
            } else {
              vErrors.push(err102);
            }
            errors++;
          }
        }
      } else {
        const err103 = { instancePath: instancePath + "/report-stale", schemaPath: "#/properties/report-stale/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err103];
        } else {
          vErrors.push(err103);
        }
        errors++;
      }
    }
    if (data["all-complete"] !== void 0) {
      let data94 = data["all-complete"];
      if (data94 && typeof data94 == "object" && !Array.isArray(data94)) {
        for (const key14 in data94) {
          if (!(key14 === "auto" || key14 === "message" || key14 === "priority" || key14 === "notifiers")) {
            const err104 = { instancePath: instancePath + "/all-complete", schemaPath: "#/properties/all-complete/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key14 } };
            if (vErrors === null) {
              vErrors = [err104];
            } else {
              vErrors.push(err104);
            }
            errors++;
          }
        }
        if (data94.auto !== void 0) {
          if (typeof data94.auto !== "boolean") {
            const err105 = { instancePath: instancePath + "/all-complete/auto", schemaPath: "#/properties/all-complete/properties/auto/type", keyword: "type", params: { type: "boolean" } };
            if (vErrors === null) {
              vErrors = [err105];
            } else {
              vErrors.push(err105);
            }
            errors++;
          }
        }
        if (data94.message !== void 0) {
          let data96 = data94.message;
          if (typeof data96 === "string") {
            if (func1(data96) < 1) {
              const err106 = { instancePath: instancePath + "/all-complete/message", schemaPath: "#/properties/all-complete/properties/message/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err106];
              } else {
                vErrors.push(err106);
              }
              errors++;
            }
          } else {
            const err107 = { instancePath: instancePath + "/all-complete/message", schemaPath: "#/properties/all-complete/properties/message/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err107];
            } else {
              vErrors.push(err107);
            }
            errors++;
          }
        }
        if (data94.priority !== void 0) {
          if (!validate60(data94.priority, { instancePath: instancePath + "/all-complete/priority", parentData: data94, parentDataProperty: "priority", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate60.errors : vErrors.concat(validate60.errors);
            errors = vErrors.length;
          }
        }
        if (data94.notifiers !== void 0) {
          let data98 = data94.notifiers;
          if (Array.isArray(data98)) {
            const len12 = data98.length;
            for (let i24 = 0; i24 < len12; i24++) {
              if (!validate57(data98[i24], { instancePath: instancePath + "/all-complete/notifiers/" + i24, parentData: data98, parentDataProperty: i24, rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
                errors = vErrors.length;
              }
            }
            let i25 = data98.length;
            let j12;
            if (i25 > 1) {
              outer12:
                for (; i25--; ) {
                  for (j12 = i25; j12--; ) {
                    if (func0(data98[i25], data98[j12])) {
                      const err108 = { instancePath: instancePath + "/all-complete/notifiers", schemaPath: "#/properties/all-complete/properties/notifiers/uniqueItems", keyword: "uniqueItems", params: { i: i25, j: j12 } };
                      if (vErrors === null) {
                        vErrors = [err108];
                      } else {
                        vErrors.push(err108);
                      }
                      errors++;
                      break outer12;
                    }
                  }
                }
            }
          } else {
            const err109 = { instancePath: instancePath + "/all-complete/notifiers", schemaPath: "#/properties/all-complete/properties/notifiers/type", keyword: "type", params: { type: "array" } };
            if (vErrors === null) {
              vErrors = [err109];
            } else {
              vErrors.push(err109);
            }
            errors++;
          }
        }
      } else {
        const err110 = { instancePath: instancePath + "/all-complete", schemaPath: "#/properties/all-complete/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err110];
        } else {
          vErrors.push(err110);
        }
        errors++;
      }
    }
  } else {
    const err111 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "object" } };
    if (vErrors === null) {
      vErrors = [err111];
    } else {
      vErrors.push(err111);
    }
    errors++;
  }
  validate88.errors = vErrors;
  return errors === 0;
}
validate88.evaluated = { "props": true, "dynamicProps": false, "dynamicItems": false };
function validate174(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate174.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (data && typeof data == "object" && !Array.isArray(data)) {
    if (data.apiVersion === void 0) {
      const err0 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "apiVersion" } };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    if (data.kind === void 0) {
      const err1 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "kind" } };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
    if (data.metadata === void 0) {
      const err2 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "metadata" } };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    if (data.spec === void 0) {
      const err3 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "spec" } };
      if (vErrors === null) {
        vErrors = [err3];
      } else {
        vErrors.push(err3);
      }
      errors++;
    }
    for (const key0 in data) {
      if (!(key0 === "apiVersion" || key0 === "kind" || key0 === "metadata" || key0 === "spec")) {
        const err4 = { instancePath, schemaPath: "#/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key0 } };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
    if (data.apiVersion !== void 0) {
      if (!validate54(data.apiVersion, { instancePath: instancePath + "/apiVersion", parentData: data, parentDataProperty: "apiVersion", rootData, dynamicAnchors })) {
        vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
        errors = vErrors.length;
      }
    }
    if (data.kind !== void 0) {
      if ("Project" !== data.kind) {
        const err5 = { instancePath: instancePath + "/kind", schemaPath: "#/properties/kind/const", keyword: "const", params: { allowedValue: "Project" } };
        if (vErrors === null) {
          vErrors = [err5];
        } else {
          vErrors.push(err5);
        }
        errors++;
      }
    }
    if (data.metadata !== void 0) {
      if (!validate56(data.metadata, { instancePath: instancePath + "/metadata", parentData: data, parentDataProperty: "metadata", rootData, dynamicAnchors })) {
        vErrors = vErrors === null ? validate56.errors : vErrors.concat(validate56.errors);
        errors = vErrors.length;
      }
    }
    if (data.spec !== void 0) {
      let data3 = data.spec;
      if (data3 && typeof data3 == "object" && !Array.isArray(data3)) {
        for (const key1 in data3) {
          if (!func4.call(schema25.properties.spec.properties, key1)) {
            const err6 = { instancePath: instancePath + "/spec", schemaPath: "#/properties/spec/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key1 } };
            if (vErrors === null) {
              vErrors = [err6];
            } else {
              vErrors.push(err6);
            }
            errors++;
          }
        }
        if (data3.path !== void 0) {
          let data4 = data3.path;
          if (typeof data4 === "string") {
            if (func1(data4) < 1) {
              const err7 = { instancePath: instancePath + "/spec/path", schemaPath: "#/properties/spec/properties/path/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err7];
              } else {
                vErrors.push(err7);
              }
              errors++;
            }
          } else {
            const err8 = { instancePath: instancePath + "/spec/path", schemaPath: "#/properties/spec/properties/path/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err8];
            } else {
              vErrors.push(err8);
            }
            errors++;
          }
        }
        if (data3.repo !== void 0) {
          let data5 = data3.repo;
          if (typeof data5 === "string") {
            if (func1(data5) < 1) {
              const err9 = { instancePath: instancePath + "/spec/repo", schemaPath: "#/properties/spec/properties/repo/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err9];
              } else {
                vErrors.push(err9);
              }
              errors++;
            }
          } else {
            const err10 = { instancePath: instancePath + "/spec/repo", schemaPath: "#/properties/spec/properties/repo/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err10];
            } else {
              vErrors.push(err10);
            }
            errors++;
          }
        }
        if (data3.defaultBranch !== void 0) {
          let data6 = data3.defaultBranch;
          if (typeof data6 === "string") {
            if (func1(data6) < 1) {
              const err11 = { instancePath: instancePath + "/spec/defaultBranch", schemaPath: "#/properties/spec/properties/defaultBranch/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err11];
              } else {
                vErrors.push(err11);
              }
              errors++;
            }
          } else {
            const err12 = { instancePath: instancePath + "/spec/defaultBranch", schemaPath: "#/properties/spec/properties/defaultBranch/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err12];
            } else {
              vErrors.push(err12);
            }
            errors++;
          }
        }
        if (data3.sessionPrefix !== void 0) {
          let data7 = data3.sessionPrefix;
          if (typeof data7 === "string") {
            if (func1(data7) > 35) {
              const err13 = { instancePath: instancePath + "/spec/sessionPrefix", schemaPath: "#/properties/spec/properties/sessionPrefix/maxLength", keyword: "maxLength", params: { limit: 35 } };
              if (vErrors === null) {
                vErrors = [err13];
              } else {
                vErrors.push(err13);
              }
              errors++;
            }
            if (!pattern3.test(data7)) {
              const err14 = { instancePath: instancePath + "/spec/sessionPrefix", schemaPath: "#/properties/spec/properties/sessionPrefix/pattern", keyword: "pattern", params: { pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" } };
              if (vErrors === null) {
                vErrors = [err14];
              } else {
                vErrors.push(err14);
              }
              errors++;
            }
          } else {
            const err15 = { instancePath: instancePath + "/spec/sessionPrefix", schemaPath: "#/properties/spec/properties/sessionPrefix/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err15];
            } else {
              vErrors.push(err15);
            }
            errors++;
          }
        }
        if (data3.defaults !== void 0) {
          let data8 = data3.defaults;
          if (data8 && typeof data8 == "object" && !Array.isArray(data8)) {
            for (const key2 in data8) {
              if (!(key2 === "runtime" || key2 === "agent" || key2 === "workspace" || key2 === "onIssueClosed" || key2 === "onPullRequestClosed" || key2 === "notifiers")) {
                const err16 = { instancePath: instancePath + "/spec/defaults", schemaPath: "#/properties/spec/properties/defaults/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key2 } };
                if (vErrors === null) {
                  vErrors = [err16];
                } else {
                  vErrors.push(err16);
                }
                errors++;
              }
            }
            if (data8.runtime !== void 0) {
              if (!validate66(data8.runtime, { instancePath: instancePath + "/spec/defaults/runtime", parentData: data8, parentDataProperty: "runtime", rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate66.errors : vErrors.concat(validate66.errors);
                errors = vErrors.length;
              }
            }
            if (data8.agent !== void 0) {
              if (!validate68(data8.agent, { instancePath: instancePath + "/spec/defaults/agent", parentData: data8, parentDataProperty: "agent", rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate68.errors : vErrors.concat(validate68.errors);
                errors = vErrors.length;
              }
            }
            if (data8.workspace !== void 0) {
              if (!validate70(data8.workspace, { instancePath: instancePath + "/spec/defaults/workspace", parentData: data8, parentDataProperty: "workspace", rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate70.errors : vErrors.concat(validate70.errors);
                errors = vErrors.length;
              }
            }
            if (data8.onIssueClosed !== void 0) {
              if (!validate72(data8.onIssueClosed, { instancePath: instancePath + "/spec/defaults/onIssueClosed", parentData: data8, parentDataProperty: "onIssueClosed", rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate72.errors : vErrors.concat(validate72.errors);
                errors = vErrors.length;
              }
            }
            if (data8.onPullRequestClosed !== void 0) {
              if (!validate74(data8.onPullRequestClosed, { instancePath: instancePath + "/spec/defaults/onPullRequestClosed", parentData: data8, parentDataProperty: "onPullRequestClosed", rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate74.errors : vErrors.concat(validate74.errors);
                errors = vErrors.length;
              }
            }
            if (data8.notifiers !== void 0) {
              let data14 = data8.notifiers;
              if (Array.isArray(data14)) {
                const len0 = data14.length;
                for (let i0 = 0; i0 < len0; i0++) {
                  if (!validate57(data14[i0], { instancePath: instancePath + "/spec/defaults/notifiers/" + i0, parentData: data14, parentDataProperty: i0, rootData, dynamicAnchors })) {
                    vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
                    errors = vErrors.length;
                  }
                }
                let i1 = data14.length;
                let j0;
                if (i1 > 1) {
                  outer0:
                    for (; i1--; ) {
                      for (j0 = i1; j0--; ) {
                        if (func0(data14[i1], data14[j0])) {
                          const err17 = { instancePath: instancePath + "/spec/defaults/notifiers", schemaPath: "#/properties/spec/properties/defaults/properties/notifiers/uniqueItems", keyword: "uniqueItems", params: { i: i1, j: j0 } };
                          if (vErrors === null) {
                            vErrors = [err17];
                          } else {
                            vErrors.push(err17);
                          }
                          errors++;
                          break outer0;
                        }
                      }
                    }
                }
              } else {
                const err18 = { instancePath: instancePath + "/spec/defaults/notifiers", schemaPath: "#/properties/spec/properties/defaults/properties/notifiers/type", keyword: "type", params: { type: "array" } };
                if (vErrors === null) {
                  vErrors = [err18];
                } else {
                  vErrors.push(err18);
                }
                errors++;
              }
            }
          } else {
            const err19 = { instancePath: instancePath + "/spec/defaults", schemaPath: "#/properties/spec/properties/defaults/type", keyword: "type", params: { type: "object" } };
            if (vErrors === null) {
              vErrors = [err19];
            } else {
              vErrors.push(err19);
            }
            errors++;
          }
        }
        if (data3.scm !== void 0) {
          if (!validate77(data3.scm, { instancePath: instancePath + "/spec/scm", parentData: data3, parentDataProperty: "scm", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate77.errors : vErrors.concat(validate77.errors);
            errors = vErrors.length;
          }
        }
        if (data3.tracker !== void 0) {
          if (!validate79(data3.tracker, { instancePath: instancePath + "/spec/tracker", parentData: data3, parentDataProperty: "tracker", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate79.errors : vErrors.concat(validate79.errors);
            errors = vErrors.length;
          }
        }
        if (data3.workspace !== void 0) {
          let data18 = data3.workspace;
          if (data18 && typeof data18 == "object" && !Array.isArray(data18)) {
            for (const key3 in data18) {
              if (!(key3 === "symlinks" || key3 === "postCreate" || key3 === "postCreateTimeout" || key3 === "freshBase" || key3 === "fetchTimeout")) {
                const err20 = { instancePath: instancePath + "/spec/workspace", schemaPath: "#/properties/spec/properties/workspace/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key3 } };
                if (vErrors === null) {
                  vErrors = [err20];
                } else {
                  vErrors.push(err20);
                }
                errors++;
              }
            }
            if (data18.symlinks !== void 0) {
              let data19 = data18.symlinks;
              if (Array.isArray(data19)) {
                const len1 = data19.length;
                for (let i2 = 0; i2 < len1; i2++) {
                  let data20 = data19[i2];
                  if (typeof data20 === "string") {
                    if (func1(data20) < 1) {
                      const err21 = { instancePath: instancePath + "/spec/workspace/symlinks/" + i2, schemaPath: "#/properties/spec/properties/workspace/properties/symlinks/items/minLength", keyword: "minLength", params: { limit: 1 } };
                      if (vErrors === null) {
                        vErrors = [err21];
                      } else {
                        vErrors.push(err21);
                      }
                      errors++;
                    }
                  } else {
                    const err22 = { instancePath: instancePath + "/spec/workspace/symlinks/" + i2, schemaPath: "#/properties/spec/properties/workspace/properties/symlinks/items/type", keyword: "type", params: { type: "string" } };
                    if (vErrors === null) {
                      vErrors = [err22];
                    } else {
                      vErrors.push(err22);
                    }
                    errors++;
                  }
                }
                let i3 = data19.length;
                let j1;
                if (i3 > 1) {
                  const indices0 = {};
                  for (; i3--; ) {
                    let item0 = data19[i3];
                    if (typeof item0 !== "string") {
                      continue;
                    }
                    if (typeof indices0[item0] == "number") {
                      j1 = indices0[item0];
                      const err23 = { instancePath: instancePath + "/spec/workspace/symlinks", schemaPath: "#/properties/spec/properties/workspace/properties/symlinks/uniqueItems", keyword: "uniqueItems", params: { i: i3, j: j1 } };
                      if (vErrors === null) {
                        vErrors = [err23];
                      } else {
                        vErrors.push(err23);
                      }
                      errors++;
                      break;
                    }
                    indices0[item0] = i3;
                  }
                }
              } else {
                const err24 = { instancePath: instancePath + "/spec/workspace/symlinks", schemaPath: "#/properties/spec/properties/workspace/properties/symlinks/type", keyword: "type", params: { type: "array" } };
                if (vErrors === null) {
                  vErrors = [err24];
                } else {
                  vErrors.push(err24);
                }
                errors++;
              }
            }
            if (data18.postCreate !== void 0) {
              let data21 = data18.postCreate;
              if (Array.isArray(data21)) {
                const len2 = data21.length;
                for (let i4 = 0; i4 < len2; i4++) {
                  let data22 = data21[i4];
                  if (typeof data22 === "string") {
                    if (func1(data22) < 1) {
                      const err25 = { instancePath: instancePath + "/spec/workspace/postCreate/" + i4, schemaPath: "#/properties/spec/properties/workspace/properties/postCreate/items/minLength", keyword: "minLength", params: { limit: 1 } };
                      if (vErrors === null) {
                        vErrors = [err25];
                      } else {
                        vErrors.push(err25);
                      }
                      errors++;
                    }
                  } else {
                    const err26 = { instancePath: instancePath + "/spec/workspace/postCreate/" + i4, schemaPath: "#/properties/spec/properties/workspace/properties/postCreate/items/type", keyword: "type", params: { type: "string" } };
                    if (vErrors === null) {
                      vErrors = [err26];
                    } else {
                      vErrors.push(err26);
                    }
                    errors++;
                  }
                }
              } else {
                const err27 = { instancePath: instancePath + "/spec/workspace/postCreate", schemaPath: "#/properties/spec/properties/workspace/properties/postCreate/type", keyword: "type", params: { type: "array" } };
                if (vErrors === null) {
                  vErrors = [err27];
                } else {
                  vErrors.push(err27);
                }
                errors++;
              }
            }
            if (data18.postCreateTimeout !== void 0) {
              if (!validate81(data18.postCreateTimeout, { instancePath: instancePath + "/spec/workspace/postCreateTimeout", parentData: data18, parentDataProperty: "postCreateTimeout", rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
                errors = vErrors.length;
              }
            }
            if (data18.freshBase !== void 0) {
              if (typeof data18.freshBase !== "boolean") {
                const err28 = { instancePath: instancePath + "/spec/workspace/freshBase", schemaPath: "#/properties/spec/properties/workspace/properties/freshBase/type", keyword: "type", params: { type: "boolean" } };
                if (vErrors === null) {
                  vErrors = [err28];
                } else {
                  vErrors.push(err28);
                }
                errors++;
              }
            }
            if (data18.fetchTimeout !== void 0) {
              if (!validate81(data18.fetchTimeout, { instancePath: instancePath + "/spec/workspace/fetchTimeout", parentData: data18, parentDataProperty: "fetchTimeout", rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
                errors = vErrors.length;
              }
            }
          } else {
            const err29 = { instancePath: instancePath + "/spec/workspace", schemaPath: "#/properties/spec/properties/workspace/type", keyword: "type", params: { type: "object" } };
            if (vErrors === null) {
              vErrors = [err29];
            } else {
              vErrors.push(err29);
            }
            errors++;
          }
        }
        if (data3.rules !== void 0) {
          if (typeof data3.rules !== "string") {
            const err30 = { instancePath: instancePath + "/spec/rules", schemaPath: "#/properties/spec/properties/rules/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err30];
            } else {
              vErrors.push(err30);
            }
            errors++;
          }
        }
        if (data3.rulesFile !== void 0) {
          let data27 = data3.rulesFile;
          if (typeof data27 === "string") {
            if (func1(data27) < 1) {
              const err31 = { instancePath: instancePath + "/spec/rulesFile", schemaPath: "#/properties/spec/properties/rulesFile/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err31];
              } else {
                vErrors.push(err31);
              }
              errors++;
            }
          } else {
            const err32 = { instancePath: instancePath + "/spec/rulesFile", schemaPath: "#/properties/spec/properties/rulesFile/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err32];
            } else {
              vErrors.push(err32);
            }
            errors++;
          }
        }
        if (data3.orchestratorRules !== void 0) {
          if (typeof data3.orchestratorRules !== "string") {
            const err33 = { instancePath: instancePath + "/spec/orchestratorRules", schemaPath: "#/properties/spec/properties/orchestratorRules/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err33];
            } else {
              vErrors.push(err33);
            }
            errors++;
          }
        }
        if (data3.env !== void 0) {
          if (!validate84(data3.env, { instancePath: instancePath + "/spec/env", parentData: data3, parentDataProperty: "env", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate84.errors : vErrors.concat(validate84.errors);
            errors = vErrors.length;
          }
        }
        if (data3.permissions !== void 0) {
          if (!validate86(data3.permissions, { instancePath: instancePath + "/spec/permissions", parentData: data3, parentDataProperty: "permissions", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate86.errors : vErrors.concat(validate86.errors);
            errors = vErrors.length;
          }
        }
        if (data3.reactions !== void 0) {
          if (!validate88(data3.reactions, { instancePath: instancePath + "/spec/reactions", parentData: data3, parentDataProperty: "reactions", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate88.errors : vErrors.concat(validate88.errors);
            errors = vErrors.length;
          }
        }
        if (data3.limits !== void 0) {
          let data32 = data3.limits;
          if (data32 && typeof data32 == "object" && !Array.isArray(data32)) {
            for (const key4 in data32) {
              if (!(key4 === "maxActive")) {
                const err34 = { instancePath: instancePath + "/spec/limits", schemaPath: "#/properties/spec/properties/limits/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key4 } };
                if (vErrors === null) {
                  vErrors = [err34];
                } else {
                  vErrors.push(err34);
                }
                errors++;
              }
            }
            if (data32.maxActive !== void 0) {
              let data33 = data32.maxActive;
              if (!(typeof data33 == "number" && (!(data33 % 1) && !isNaN(data33)) && isFinite(data33))) {
                const err35 = { instancePath: instancePath + "/spec/limits/maxActive", schemaPath: "#/properties/spec/properties/limits/properties/maxActive/type", keyword: "type", params: { type: "integer" } };
                if (vErrors === null) {
                  vErrors = [err35];
                } else {
                  vErrors.push(err35);
                }
                errors++;
              }
              if (typeof data33 == "number" && isFinite(data33)) {
                if (data33 < 1 || isNaN(data33)) {
                  const err36 = { instancePath: instancePath + "/spec/limits/maxActive", schemaPath: "#/properties/spec/properties/limits/properties/maxActive/minimum", keyword: "minimum", params: { comparison: ">=", limit: 1 } };
                  if (vErrors === null) {
                    vErrors = [err36];
                  } else {
                    vErrors.push(err36);
                  }
                  errors++;
                }
              }
            }
          } else {
            const err37 = { instancePath: instancePath + "/spec/limits", schemaPath: "#/properties/spec/properties/limits/type", keyword: "type", params: { type: "object" } };
            if (vErrors === null) {
              vErrors = [err37];
            } else {
              vErrors.push(err37);
            }
            errors++;
          }
        }
        if (data3.cleanup !== void 0) {
          let data34 = data3.cleanup;
          if (data34 && typeof data34 == "object" && !Array.isArray(data34)) {
            for (const key5 in data34) {
              if (!(key5 === "grace")) {
                const err38 = { instancePath: instancePath + "/spec/cleanup", schemaPath: "#/properties/spec/properties/cleanup/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key5 } };
                if (vErrors === null) {
                  vErrors = [err38];
                } else {
                  vErrors.push(err38);
                }
                errors++;
              }
            }
            if (data34.grace !== void 0) {
              if (!validate81(data34.grace, { instancePath: instancePath + "/spec/cleanup/grace", parentData: data34, parentDataProperty: "grace", rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
                errors = vErrors.length;
              }
            }
          } else {
            const err39 = { instancePath: instancePath + "/spec/cleanup", schemaPath: "#/properties/spec/properties/cleanup/type", keyword: "type", params: { type: "object" } };
            if (vErrors === null) {
              vErrors = [err39];
            } else {
              vErrors.push(err39);
            }
            errors++;
          }
        }
        if (data3.interval !== void 0) {
          if (!validate81(data3.interval, { instancePath: instancePath + "/spec/interval", parentData: data3, parentDataProperty: "interval", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
            errors = vErrors.length;
          }
        }
      } else {
        const err40 = { instancePath: instancePath + "/spec", schemaPath: "#/properties/spec/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err40];
        } else {
          vErrors.push(err40);
        }
        errors++;
      }
    }
  } else {
    const err41 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "object" } };
    if (vErrors === null) {
      vErrors = [err41];
    } else {
      vErrors.push(err41);
    }
    errors++;
  }
  validate174.errors = vErrors;
  return errors === 0;
}
validate174.evaluated = { "props": true, "dynamicProps": false, "dynamicItems": false };
var validateOrchestrator = validate192;
var schema38 = { "type": "object", "additionalProperties": false, "required": ["apiVersion", "kind", "metadata", "spec"], "properties": { "apiVersion": { "$ref": "#/$defs/apiVersion" }, "kind": { "const": "Orchestrator" }, "metadata": { "$ref": "#/$defs/metadata" }, "spec": { "type": "object", "additionalProperties": false, "required": ["project"], "properties": { "project": { "$ref": "#/$defs/projectRef" }, "prompt": { "type": "string", "minLength": 1 }, "agent": { "$ref": "#/$defs/agent" }, "model": { "$ref": "#/$defs/model" }, "permissions": { "$ref": "#/$defs/permissions" }, "runtime": { "$ref": "#/$defs/runtime" }, "rules": { "type": "string" }, "env": { "$ref": "#/$defs/env" }, "state": { "$ref": "#/$defs/state" }, "restartPolicy": { "$ref": "#/$defs/restartPolicy" }, "deletionPolicy": { "$ref": "#/$defs/deletionPolicy" }, "reactions": { "$ref": "#/$defs/reactions" } } } } };
function validate136(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate136.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (typeof data === "string") {
    if (func1(data) > 48) {
      const err0 = { instancePath, schemaPath: "#/maxLength", keyword: "maxLength", params: { limit: 48 } };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    if (!pattern3.test(data)) {
      const err1 = { instancePath, schemaPath: "#/pattern", keyword: "pattern", params: { pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" } };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
  } else {
    const err2 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err2];
    } else {
      vErrors.push(err2);
    }
    errors++;
  }
  validate136.errors = vErrors;
  return errors === 0;
}
validate136.evaluated = { "dynamicProps": false, "dynamicItems": false };
function validate139(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate139.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (typeof data === "string") {
    if (func1(data) < 1) {
      const err0 = { instancePath, schemaPath: "#/minLength", keyword: "minLength", params: { limit: 1 } };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
  } else {
    const err1 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err1];
    } else {
      vErrors.push(err1);
    }
    errors++;
  }
  validate139.errors = vErrors;
  return errors === 0;
}
validate139.evaluated = { "dynamicProps": false, "dynamicItems": false };
var schema41 = { "type": "string", "enum": ["Running", "Suspended"] };
function validate144(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate144.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (typeof data !== "string") {
    const err0 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err0];
    } else {
      vErrors.push(err0);
    }
    errors++;
  }
  if (!(data === "Running" || data === "Suspended")) {
    const err1 = { instancePath, schemaPath: "#/enum", keyword: "enum", params: { allowedValues: schema41.enum } };
    if (vErrors === null) {
      vErrors = [err1];
    } else {
      vErrors.push(err1);
    }
    errors++;
  }
  validate144.errors = vErrors;
  return errors === 0;
}
validate144.evaluated = { "dynamicProps": false, "dynamicItems": false };
var schema42 = { "type": "string", "enum": ["Always", "OnFailure", "Never"] };
function validate146(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate146.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (typeof data !== "string") {
    const err0 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err0];
    } else {
      vErrors.push(err0);
    }
    errors++;
  }
  if (!(data === "Always" || data === "OnFailure" || data === "Never")) {
    const err1 = { instancePath, schemaPath: "#/enum", keyword: "enum", params: { allowedValues: schema42.enum } };
    if (vErrors === null) {
      vErrors = [err1];
    } else {
      vErrors.push(err1);
    }
    errors++;
  }
  validate146.errors = vErrors;
  return errors === 0;
}
validate146.evaluated = { "dynamicProps": false, "dynamicItems": false };
var schema43 = { "type": "string", "enum": ["Archive", "Delete", "Orphan"] };
function validate148(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate148.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (typeof data !== "string") {
    const err0 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "string" } };
    if (vErrors === null) {
      vErrors = [err0];
    } else {
      vErrors.push(err0);
    }
    errors++;
  }
  if (!(data === "Archive" || data === "Delete" || data === "Orphan")) {
    const err1 = { instancePath, schemaPath: "#/enum", keyword: "enum", params: { allowedValues: schema43.enum } };
    if (vErrors === null) {
      vErrors = [err1];
    } else {
      vErrors.push(err1);
    }
    errors++;
  }
  validate148.errors = vErrors;
  return errors === 0;
}
validate148.evaluated = { "dynamicProps": false, "dynamicItems": false };
function validate192(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate192.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (data && typeof data == "object" && !Array.isArray(data)) {
    if (data.apiVersion === void 0) {
      const err0 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "apiVersion" } };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    if (data.kind === void 0) {
      const err1 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "kind" } };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
    if (data.metadata === void 0) {
      const err2 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "metadata" } };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    if (data.spec === void 0) {
      const err3 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "spec" } };
      if (vErrors === null) {
        vErrors = [err3];
      } else {
        vErrors.push(err3);
      }
      errors++;
    }
    for (const key0 in data) {
      if (!(key0 === "apiVersion" || key0 === "kind" || key0 === "metadata" || key0 === "spec")) {
        const err4 = { instancePath, schemaPath: "#/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key0 } };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
    if (data.apiVersion !== void 0) {
      if (!validate54(data.apiVersion, { instancePath: instancePath + "/apiVersion", parentData: data, parentDataProperty: "apiVersion", rootData, dynamicAnchors })) {
        vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
        errors = vErrors.length;
      }
    }
    if (data.kind !== void 0) {
      if ("Orchestrator" !== data.kind) {
        const err5 = { instancePath: instancePath + "/kind", schemaPath: "#/properties/kind/const", keyword: "const", params: { allowedValue: "Orchestrator" } };
        if (vErrors === null) {
          vErrors = [err5];
        } else {
          vErrors.push(err5);
        }
        errors++;
      }
    }
    if (data.metadata !== void 0) {
      if (!validate56(data.metadata, { instancePath: instancePath + "/metadata", parentData: data, parentDataProperty: "metadata", rootData, dynamicAnchors })) {
        vErrors = vErrors === null ? validate56.errors : vErrors.concat(validate56.errors);
        errors = vErrors.length;
      }
    }
    if (data.spec !== void 0) {
      let data3 = data.spec;
      if (data3 && typeof data3 == "object" && !Array.isArray(data3)) {
        if (data3.project === void 0) {
          const err6 = { instancePath: instancePath + "/spec", schemaPath: "#/properties/spec/required", keyword: "required", params: { missingProperty: "project" } };
          if (vErrors === null) {
            vErrors = [err6];
          } else {
            vErrors.push(err6);
          }
          errors++;
        }
        for (const key1 in data3) {
          if (!func4.call(schema38.properties.spec.properties, key1)) {
            const err7 = { instancePath: instancePath + "/spec", schemaPath: "#/properties/spec/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key1 } };
            if (vErrors === null) {
              vErrors = [err7];
            } else {
              vErrors.push(err7);
            }
            errors++;
          }
        }
        if (data3.project !== void 0) {
          if (!validate136(data3.project, { instancePath: instancePath + "/spec/project", parentData: data3, parentDataProperty: "project", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate136.errors : vErrors.concat(validate136.errors);
            errors = vErrors.length;
          }
        }
        if (data3.prompt !== void 0) {
          let data5 = data3.prompt;
          if (typeof data5 === "string") {
            if (func1(data5) < 1) {
              const err8 = { instancePath: instancePath + "/spec/prompt", schemaPath: "#/properties/spec/properties/prompt/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err8];
              } else {
                vErrors.push(err8);
              }
              errors++;
            }
          } else {
            const err9 = { instancePath: instancePath + "/spec/prompt", schemaPath: "#/properties/spec/properties/prompt/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err9];
            } else {
              vErrors.push(err9);
            }
            errors++;
          }
        }
        if (data3.agent !== void 0) {
          if (!validate68(data3.agent, { instancePath: instancePath + "/spec/agent", parentData: data3, parentDataProperty: "agent", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate68.errors : vErrors.concat(validate68.errors);
            errors = vErrors.length;
          }
        }
        if (data3.model !== void 0) {
          if (!validate139(data3.model, { instancePath: instancePath + "/spec/model", parentData: data3, parentDataProperty: "model", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate139.errors : vErrors.concat(validate139.errors);
            errors = vErrors.length;
          }
        }
        if (data3.permissions !== void 0) {
          if (!validate86(data3.permissions, { instancePath: instancePath + "/spec/permissions", parentData: data3, parentDataProperty: "permissions", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate86.errors : vErrors.concat(validate86.errors);
            errors = vErrors.length;
          }
        }
        if (data3.runtime !== void 0) {
          if (!validate66(data3.runtime, { instancePath: instancePath + "/spec/runtime", parentData: data3, parentDataProperty: "runtime", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate66.errors : vErrors.concat(validate66.errors);
            errors = vErrors.length;
          }
        }
        if (data3.rules !== void 0) {
          if (typeof data3.rules !== "string") {
            const err10 = { instancePath: instancePath + "/spec/rules", schemaPath: "#/properties/spec/properties/rules/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err10];
            } else {
              vErrors.push(err10);
            }
            errors++;
          }
        }
        if (data3.env !== void 0) {
          if (!validate84(data3.env, { instancePath: instancePath + "/spec/env", parentData: data3, parentDataProperty: "env", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate84.errors : vErrors.concat(validate84.errors);
            errors = vErrors.length;
          }
        }
        if (data3.state !== void 0) {
          if (!validate144(data3.state, { instancePath: instancePath + "/spec/state", parentData: data3, parentDataProperty: "state", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate144.errors : vErrors.concat(validate144.errors);
            errors = vErrors.length;
          }
        }
        if (data3.restartPolicy !== void 0) {
          if (!validate146(data3.restartPolicy, { instancePath: instancePath + "/spec/restartPolicy", parentData: data3, parentDataProperty: "restartPolicy", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate146.errors : vErrors.concat(validate146.errors);
            errors = vErrors.length;
          }
        }
        if (data3.deletionPolicy !== void 0) {
          if (!validate148(data3.deletionPolicy, { instancePath: instancePath + "/spec/deletionPolicy", parentData: data3, parentDataProperty: "deletionPolicy", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate148.errors : vErrors.concat(validate148.errors);
            errors = vErrors.length;
          }
        }
        if (data3.reactions !== void 0) {
          if (!validate88(data3.reactions, { instancePath: instancePath + "/spec/reactions", parentData: data3, parentDataProperty: "reactions", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate88.errors : vErrors.concat(validate88.errors);
            errors = vErrors.length;
          }
        }
      } else {
        const err11 = { instancePath: instancePath + "/spec", schemaPath: "#/properties/spec/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err11];
        } else {
          vErrors.push(err11);
        }
        errors++;
      }
    }
  } else {
    const err12 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "object" } };
    if (vErrors === null) {
      vErrors = [err12];
    } else {
      vErrors.push(err12);
    }
    errors++;
  }
  validate192.errors = vErrors;
  return errors === 0;
}
validate192.evaluated = { "props": true, "dynamicProps": false, "dynamicItems": false };
var validateWorker = validate205;
var schema44 = { "type": "object", "additionalProperties": false, "required": ["apiVersion", "kind", "metadata", "spec"], "properties": { "apiVersion": { "$ref": "#/$defs/apiVersion" }, "kind": { "const": "Worker" }, "metadata": { "$ref": "#/$defs/metadata" }, "spec": { "type": "object", "additionalProperties": false, "required": ["project"], "anyOf": [{ "required": ["prompt"] }, { "required": ["issue"] }], "properties": { "project": { "$ref": "#/$defs/projectRef" }, "issue": { "type": "string", "minLength": 1 }, "prompt": { "type": "string", "minLength": 1 }, "branch": { "type": "string", "minLength": 1, "maxLength": 200 }, "agent": { "$ref": "#/$defs/agent" }, "model": { "$ref": "#/$defs/model" }, "permissions": { "$ref": "#/$defs/permissions" }, "runtime": { "$ref": "#/$defs/runtime" }, "workspace": { "$ref": "#/$defs/workspacePlugin" }, "rules": { "type": "string" }, "env": { "$ref": "#/$defs/env" }, "dependsOn": { "type": "array", "uniqueItems": true, "items": { "$ref": "#/$defs/name" } }, "priority": { "type": "integer", "minimum": -1e3, "maximum": 1e3 }, "state": { "$ref": "#/$defs/state" }, "restartPolicy": { "$ref": "#/$defs/restartPolicy" }, "doneWhen": { "type": "string", "enum": ["merged", "reported", "exited"] }, "onIssueClosed": { "$ref": "#/$defs/onIssueClosed" }, "onPullRequestClosed": { "$ref": "#/$defs/onPullRequestClosed" }, "deletionPolicy": { "$ref": "#/$defs/deletionPolicy" }, "reactions": { "$ref": "#/$defs/reactions" } } } } };
function validate205(data, { instancePath = "", parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {}) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate205.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = void 0;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = void 0;
  }
  if (data && typeof data == "object" && !Array.isArray(data)) {
    if (data.apiVersion === void 0) {
      const err0 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "apiVersion" } };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    if (data.kind === void 0) {
      const err1 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "kind" } };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
    if (data.metadata === void 0) {
      const err2 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "metadata" } };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    if (data.spec === void 0) {
      const err3 = { instancePath, schemaPath: "#/required", keyword: "required", params: { missingProperty: "spec" } };
      if (vErrors === null) {
        vErrors = [err3];
      } else {
        vErrors.push(err3);
      }
      errors++;
    }
    for (const key0 in data) {
      if (!(key0 === "apiVersion" || key0 === "kind" || key0 === "metadata" || key0 === "spec")) {
        const err4 = { instancePath, schemaPath: "#/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key0 } };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
    if (data.apiVersion !== void 0) {
      if (!validate54(data.apiVersion, { instancePath: instancePath + "/apiVersion", parentData: data, parentDataProperty: "apiVersion", rootData, dynamicAnchors })) {
        vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
        errors = vErrors.length;
      }
    }
    if (data.kind !== void 0) {
      if ("Worker" !== data.kind) {
        const err5 = { instancePath: instancePath + "/kind", schemaPath: "#/properties/kind/const", keyword: "const", params: { allowedValue: "Worker" } };
        if (vErrors === null) {
          vErrors = [err5];
        } else {
          vErrors.push(err5);
        }
        errors++;
      }
    }
    if (data.metadata !== void 0) {
      if (!validate56(data.metadata, { instancePath: instancePath + "/metadata", parentData: data, parentDataProperty: "metadata", rootData, dynamicAnchors })) {
        vErrors = vErrors === null ? validate56.errors : vErrors.concat(validate56.errors);
        errors = vErrors.length;
      }
    }
    if (data.spec !== void 0) {
      let data3 = data.spec;
      const _errs7 = errors;
      let valid1 = false;
      const _errs8 = errors;
      if (data3 && typeof data3 == "object" && !Array.isArray(data3)) {
        if (data3.prompt === void 0) {
          const err6 = { instancePath: instancePath + "/spec", schemaPath: "#/properties/spec/anyOf/0/required", keyword: "required", params: { missingProperty: "prompt" } };
          if (vErrors === null) {
            vErrors = [err6];
          } else {
            vErrors.push(err6);
          }
          errors++;
        }
      }
      var _valid0 = _errs8 === errors;
      valid1 = valid1 || _valid0;
      const _errs9 = errors;
      if (data3 && typeof data3 == "object" && !Array.isArray(data3)) {
        if (data3.issue === void 0) {
          const err7 = { instancePath: instancePath + "/spec", schemaPath: "#/properties/spec/anyOf/1/required", keyword: "required", params: { missingProperty: "issue" } };
          if (vErrors === null) {
            vErrors = [err7];
          } else {
            vErrors.push(err7);
          }
          errors++;
        }
      }
      var _valid0 = _errs9 === errors;
      valid1 = valid1 || _valid0;
      if (!valid1) {
        const err8 = { instancePath: instancePath + "/spec", schemaPath: "#/properties/spec/anyOf", keyword: "anyOf", params: {} };
        if (vErrors === null) {
          vErrors = [err8];
        } else {
          vErrors.push(err8);
        }
        errors++;
      } else {
        errors = _errs7;
        if (vErrors !== null) {
          if (_errs7) {
            vErrors.length = _errs7;
          } else {
            vErrors = null;
          }
        }
      }
      if (data3 && typeof data3 == "object" && !Array.isArray(data3)) {
        if (data3.project === void 0) {
          const err9 = { instancePath: instancePath + "/spec", schemaPath: "#/properties/spec/required", keyword: "required", params: { missingProperty: "project" } };
          if (vErrors === null) {
            vErrors = [err9];
          } else {
            vErrors.push(err9);
          }
          errors++;
        }
        for (const key1 in data3) {
          if (!func4.call(schema44.properties.spec.properties, key1)) {
            const err10 = { instancePath: instancePath + "/spec", schemaPath: "#/properties/spec/additionalProperties", keyword: "additionalProperties", params: { additionalProperty: key1 } };
            if (vErrors === null) {
              vErrors = [err10];
            } else {
              vErrors.push(err10);
            }
            errors++;
          }
        }
        if (data3.project !== void 0) {
          if (!validate136(data3.project, { instancePath: instancePath + "/spec/project", parentData: data3, parentDataProperty: "project", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate136.errors : vErrors.concat(validate136.errors);
            errors = vErrors.length;
          }
        }
        if (data3.issue !== void 0) {
          let data5 = data3.issue;
          if (typeof data5 === "string") {
            if (func1(data5) < 1) {
              const err11 = { instancePath: instancePath + "/spec/issue", schemaPath: "#/properties/spec/properties/issue/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err11];
              } else {
                vErrors.push(err11);
              }
              errors++;
            }
          } else {
            const err12 = { instancePath: instancePath + "/spec/issue", schemaPath: "#/properties/spec/properties/issue/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err12];
            } else {
              vErrors.push(err12);
            }
            errors++;
          }
        }
        if (data3.prompt !== void 0) {
          let data6 = data3.prompt;
          if (typeof data6 === "string") {
            if (func1(data6) < 1) {
              const err13 = { instancePath: instancePath + "/spec/prompt", schemaPath: "#/properties/spec/properties/prompt/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err13];
              } else {
                vErrors.push(err13);
              }
              errors++;
            }
          } else {
            const err14 = { instancePath: instancePath + "/spec/prompt", schemaPath: "#/properties/spec/properties/prompt/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err14];
            } else {
              vErrors.push(err14);
            }
            errors++;
          }
        }
        if (data3.branch !== void 0) {
          let data7 = data3.branch;
          if (typeof data7 === "string") {
            if (func1(data7) > 200) {
              const err15 = { instancePath: instancePath + "/spec/branch", schemaPath: "#/properties/spec/properties/branch/maxLength", keyword: "maxLength", params: { limit: 200 } };
              if (vErrors === null) {
                vErrors = [err15];
              } else {
                vErrors.push(err15);
              }
              errors++;
            }
            if (func1(data7) < 1) {
              const err16 = { instancePath: instancePath + "/spec/branch", schemaPath: "#/properties/spec/properties/branch/minLength", keyword: "minLength", params: { limit: 1 } };
              if (vErrors === null) {
                vErrors = [err16];
              } else {
                vErrors.push(err16);
              }
              errors++;
            }
          } else {
            const err17 = { instancePath: instancePath + "/spec/branch", schemaPath: "#/properties/spec/properties/branch/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err17];
            } else {
              vErrors.push(err17);
            }
            errors++;
          }
        }
        if (data3.agent !== void 0) {
          if (!validate68(data3.agent, { instancePath: instancePath + "/spec/agent", parentData: data3, parentDataProperty: "agent", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate68.errors : vErrors.concat(validate68.errors);
            errors = vErrors.length;
          }
        }
        if (data3.model !== void 0) {
          if (!validate139(data3.model, { instancePath: instancePath + "/spec/model", parentData: data3, parentDataProperty: "model", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate139.errors : vErrors.concat(validate139.errors);
            errors = vErrors.length;
          }
        }
        if (data3.permissions !== void 0) {
          if (!validate86(data3.permissions, { instancePath: instancePath + "/spec/permissions", parentData: data3, parentDataProperty: "permissions", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate86.errors : vErrors.concat(validate86.errors);
            errors = vErrors.length;
          }
        }
        if (data3.runtime !== void 0) {
          if (!validate66(data3.runtime, { instancePath: instancePath + "/spec/runtime", parentData: data3, parentDataProperty: "runtime", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate66.errors : vErrors.concat(validate66.errors);
            errors = vErrors.length;
          }
        }
        if (data3.workspace !== void 0) {
          if (!validate70(data3.workspace, { instancePath: instancePath + "/spec/workspace", parentData: data3, parentDataProperty: "workspace", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate70.errors : vErrors.concat(validate70.errors);
            errors = vErrors.length;
          }
        }
        if (data3.rules !== void 0) {
          if (typeof data3.rules !== "string") {
            const err18 = { instancePath: instancePath + "/spec/rules", schemaPath: "#/properties/spec/properties/rules/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err18];
            } else {
              vErrors.push(err18);
            }
            errors++;
          }
        }
        if (data3.env !== void 0) {
          if (!validate84(data3.env, { instancePath: instancePath + "/spec/env", parentData: data3, parentDataProperty: "env", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate84.errors : vErrors.concat(validate84.errors);
            errors = vErrors.length;
          }
        }
        if (data3.dependsOn !== void 0) {
          let data15 = data3.dependsOn;
          if (Array.isArray(data15)) {
            const len0 = data15.length;
            for (let i0 = 0; i0 < len0; i0++) {
              if (!validate57(data15[i0], { instancePath: instancePath + "/spec/dependsOn/" + i0, parentData: data15, parentDataProperty: i0, rootData, dynamicAnchors })) {
                vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
                errors = vErrors.length;
              }
            }
            let i1 = data15.length;
            let j0;
            if (i1 > 1) {
              outer0:
                for (; i1--; ) {
                  for (j0 = i1; j0--; ) {
                    if (func0(data15[i1], data15[j0])) {
                      const err19 = { instancePath: instancePath + "/spec/dependsOn", schemaPath: "#/properties/spec/properties/dependsOn/uniqueItems", keyword: "uniqueItems", params: { i: i1, j: j0 } };
                      if (vErrors === null) {
                        vErrors = [err19];
                      } else {
                        vErrors.push(err19);
                      }
                      errors++;
                      break outer0;
                    }
                  }
                }
            }
          } else {
            const err20 = { instancePath: instancePath + "/spec/dependsOn", schemaPath: "#/properties/spec/properties/dependsOn/type", keyword: "type", params: { type: "array" } };
            if (vErrors === null) {
              vErrors = [err20];
            } else {
              vErrors.push(err20);
            }
            errors++;
          }
        }
        if (data3.priority !== void 0) {
          let data17 = data3.priority;
          if (!(typeof data17 == "number" && (!(data17 % 1) && !isNaN(data17)) && isFinite(data17))) {
            const err21 = { instancePath: instancePath + "/spec/priority", schemaPath: "#/properties/spec/properties/priority/type", keyword: "type", params: { type: "integer" } };
            if (vErrors === null) {
              vErrors = [err21];
            } else {
              vErrors.push(err21);
            }
            errors++;
          }
          if (typeof data17 == "number" && isFinite(data17)) {
            if (data17 > 1e3 || isNaN(data17)) {
              const err22 = { instancePath: instancePath + "/spec/priority", schemaPath: "#/properties/spec/properties/priority/maximum", keyword: "maximum", params: { comparison: "<=", limit: 1e3 } };
              if (vErrors === null) {
                vErrors = [err22];
              } else {
                vErrors.push(err22);
              }
              errors++;
            }
            if (data17 < -1e3 || isNaN(data17)) {
              const err23 = { instancePath: instancePath + "/spec/priority", schemaPath: "#/properties/spec/properties/priority/minimum", keyword: "minimum", params: { comparison: ">=", limit: -1e3 } };
              if (vErrors === null) {
                vErrors = [err23];
              } else {
                vErrors.push(err23);
              }
              errors++;
            }
          }
        }
        if (data3.state !== void 0) {
          if (!validate144(data3.state, { instancePath: instancePath + "/spec/state", parentData: data3, parentDataProperty: "state", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate144.errors : vErrors.concat(validate144.errors);
            errors = vErrors.length;
          }
        }
        if (data3.restartPolicy !== void 0) {
          if (!validate146(data3.restartPolicy, { instancePath: instancePath + "/spec/restartPolicy", parentData: data3, parentDataProperty: "restartPolicy", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate146.errors : vErrors.concat(validate146.errors);
            errors = vErrors.length;
          }
        }
        if (data3.doneWhen !== void 0) {
          let data20 = data3.doneWhen;
          if (typeof data20 !== "string") {
            const err24 = { instancePath: instancePath + "/spec/doneWhen", schemaPath: "#/properties/spec/properties/doneWhen/type", keyword: "type", params: { type: "string" } };
            if (vErrors === null) {
              vErrors = [err24];
            } else {
              vErrors.push(err24);
            }
            errors++;
          }
          if (!(data20 === "merged" || data20 === "reported" || data20 === "exited")) {
            const err25 = { instancePath: instancePath + "/spec/doneWhen", schemaPath: "#/properties/spec/properties/doneWhen/enum", keyword: "enum", params: { allowedValues: schema44.properties.spec.properties.doneWhen.enum } };
            if (vErrors === null) {
              vErrors = [err25];
            } else {
              vErrors.push(err25);
            }
            errors++;
          }
        }
        if (data3.onIssueClosed !== void 0) {
          if (!validate72(data3.onIssueClosed, { instancePath: instancePath + "/spec/onIssueClosed", parentData: data3, parentDataProperty: "onIssueClosed", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate72.errors : vErrors.concat(validate72.errors);
            errors = vErrors.length;
          }
        }
        if (data3.onPullRequestClosed !== void 0) {
          if (!validate74(data3.onPullRequestClosed, { instancePath: instancePath + "/spec/onPullRequestClosed", parentData: data3, parentDataProperty: "onPullRequestClosed", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate74.errors : vErrors.concat(validate74.errors);
            errors = vErrors.length;
          }
        }
        if (data3.deletionPolicy !== void 0) {
          if (!validate148(data3.deletionPolicy, { instancePath: instancePath + "/spec/deletionPolicy", parentData: data3, parentDataProperty: "deletionPolicy", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate148.errors : vErrors.concat(validate148.errors);
            errors = vErrors.length;
          }
        }
        if (data3.reactions !== void 0) {
          if (!validate88(data3.reactions, { instancePath: instancePath + "/spec/reactions", parentData: data3, parentDataProperty: "reactions", rootData, dynamicAnchors })) {
            vErrors = vErrors === null ? validate88.errors : vErrors.concat(validate88.errors);
            errors = vErrors.length;
          }
        }
      } else {
        const err26 = { instancePath: instancePath + "/spec", schemaPath: "#/properties/spec/type", keyword: "type", params: { type: "object" } };
        if (vErrors === null) {
          vErrors = [err26];
        } else {
          vErrors.push(err26);
        }
        errors++;
      }
    }
  } else {
    const err27 = { instancePath, schemaPath: "#/type", keyword: "type", params: { type: "object" } };
    if (vErrors === null) {
      vErrors = [err27];
    } else {
      vErrors.push(err27);
    }
    errors++;
  }
  validate205.errors = vErrors;
  return errors === 0;
}
validate205.evaluated = { "props": true, "dynamicProps": false, "dynamicItems": false };
export {
  validateNotifier,
  validateOrchestrator,
  validateProject,
  validateWorker
};
