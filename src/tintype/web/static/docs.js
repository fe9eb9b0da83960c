// The service's own description (OpenAPI) as a page to read, with a form to try each route.

import { capitalized } from "./dom.js";
import { authorization, keepToken } from "./token.js";

const EXAMPLE = '{"hints": [{"x": 0.4, "y": 0.6, "color": "#a03050"}]}';

/**
 * @typedef {{name: string, in: string, required?: boolean, description?: string, schema: any}}
 * Parameter
 */

const BASE = "/api/v1/openapi.json";

/**
 * @param {string} tag @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Text with `code` in it. @param {string} text @returns {(Node | string)[]} */
const rich = (text) => text.split("`").map((part, i) => (i % 2 ? element("code", {}, part) : part));

/** A schema in a few words. @param {any} schema @returns {string} */
function typeName(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.anyOf)
    return schema.anyOf
      .map(typeName)
      .filter((/** @type {string} */ each) => each !== "null")
      .join(" or ");
  if (schema.enum) return schema.enum.join(", ");
  if ("const" in schema) return String(schema.const);
  const bounds = [
    ["minimum", "≥"],
    ["exclusiveMinimum", ">"],
    ["maximum", "≤"],
  ]
    .filter(([key]) => key in schema)
    .map(([key, sign]) => `${sign} ${schema[key]}`);
  const what =
    schema.type === "array"
      ? `list of ${typeName(schema.items) || "values"}`
      : (schema.format ?? schema.type ?? "");
  return [what, ...bounds].join(" ");
}

/** @param {string[]} head @param {(Node | string)[][]} rows */
function table(head, rows) {
  const lines = rows.map((row) =>
    element(
      "tr",
      {},
      ...row.map((cell) => element("td", {}, ...(typeof cell === "string" ? rich(cell) : [cell]))),
    ),
  );
  return element(
    "div",
    { class: "scroll", tabindex: "0" },
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...head.map((cell) => element("th", {}, cell)))),
      element("tbody", {}, ...lines),
    ),
  );
}

/** @param {string} method @param {string} path @param {any} route */
function curl(method, path, route) {
  const content = route.requestBody?.content ?? {};
  const body = content["application/json"]
    ? ` -H 'Content-Type: application/json' -d '${EXAMPLE}'`
    : content["multipart/form-data"]
      ? ` -F photo=@photo.jpg -F 'guidance={"saturation": 1.1}'`
      : "";
  const binary = Object.keys(route.responses["200"]?.content ?? {}).some((kind) =>
    kind.startsWith("image/"),
  );
  const verb = method === "get" || body ? "" : ` -X ${method.toUpperCase()}`;
  return `curl${verb}${body} ${location.origin}${path}${binary ? " -o photo.color.jpg" : ""}`;
}

/** @param {string} method @param {string} path @param {any} route */
function form(method, path, route) {
  const parameters = /** @type {Parameter[]} */ (route.parameters ?? []);
  const content = route.requestBody?.content ?? {};
  const made = /** @type {HTMLFormElement} */ (element("form", {}));
  for (const { name, required } of parameters)
    made.append(
      element(
        "label",
        {},
        `${name} `,
        element("input", { name, size: "14", ...(required ? { required: "" } : {}) }),
      ),
    );
  if (content["multipart/form-data"])
    made.append(
      element(
        "label",
        {},
        "photo ",
        element("input", { name: "photo", type: "file", required: "" }),
      ),
    );
  if (route.requestBody)
    made.append(
      element(
        "label",
        {},
        "guidance ",
        element("input", { name: "body", size: "40", value: '{"saturation": 1.1}' }),
      ),
    );
  const output = element("div", {});
  made.append(element("button", {}, "Try it"));
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new FormData(made);
    let url = path;
    const query = new URLSearchParams();
    for (const parameter of parameters) {
      const value = String(given.get(parameter.name) ?? "");
      if (parameter.in === "path")
        url = url.replace(`{${parameter.name}}`, encodeURIComponent(value));
      else if (value) query.set(parameter.name, value);
    }
    /** @type {RequestInit} */
    const how = { method: method.toUpperCase(), headers: authorization() };
    if (content["multipart/form-data"]) {
      const parts = new FormData();
      parts.set("photo", /** @type {File} */ (given.get("photo")));
      parts.set("guidance", String(given.get("body")));
      how.body = parts;
    } else if (route.requestBody)
      Object.assign(how, {
        body: String(given.get("body")),
        headers: { ...how.headers, "Content-Type": "application/json" },
      });
    const response = await fetch(`${url}${query.size ? `?${query}` : ""}`, how);
    const type = response.headers.get("Content-Type") ?? "";
    const shown = type.startsWith("image/")
      ? element("img", { alt: "The answer", src: URL.createObjectURL(await response.blob()) })
      : element("pre", {}, await response.text());
    output.replaceChildren(element("p", {}, `${response.status} ${response.statusText}`), shown);
  });
  return [made, output];
}

/** @param {string} method @param {string} path @param {any} route */
function described(method, path, route) {
  const parameters = /** @type {Parameter[]} */ (route.parameters ?? []);
  const answers = Object.entries(/** @type {Record<string, any>} */ (route.responses)).map(
    ([code, answer]) => [
      code,
      [answer.description, Object.keys(answer.content ?? {}).join(", ")]
        .filter(Boolean)
        .join(" · "),
    ],
  );
  return element(
    "details",
    {},
    element(
      "summary",
      {},
      element("span", { class: "method" }, method.toUpperCase()),
      element("code", {}, path),
      element("span", { class: "faint" }, ` ${route.description?.split("\n")[0] ?? ""}`),
    ),
    element("p", {}, ...rich(route.description ?? "")),
    ...(parameters.length
      ? [
          table(
            ["parameter", "value", "meaning"],
            parameters.map((each) => [each.name, typeName(each.schema), each.description ?? ""]),
          ),
        ]
      : []),
    ...(route.requestBody
      ? [element("p", {}, `Body: ${Object.keys(route.requestBody.content).join(", ")}`)]
      : []),
    table(["status", "meaning"], answers),
    element("pre", { tabindex: "0" }, curl(method, path, route)),
    ...form(method, path, route),
  );
}

/** The description, once the token is right where one is needed. @returns {Promise<any>} */
async function load() {
  for (;;) {
    const response = await fetch(BASE, { headers: authorization() });
    if (response.ok) return response.json();
    const refused = response.status === 401 && (await response.json());
    const given = refused && prompt(capitalized(refused.detail));
    if (!given) throw new Error(`${response.status} ${response.statusText}`);
    keepToken(given);
  }
}

const docs = /** @type {HTMLElement} */ (document.getElementById("docs"));
const api = await load().catch((error) => {
  docs.replaceChildren(element("p", {}, `The description cannot be read: ${error.message}`));
  throw error;
});
const groups = /** @type {Map<string, HTMLElement[]>} */ (new Map());
for (const [path, routes] of Object.entries(
  /** @type {Record<string, Record<string, any>>} */ (api.paths),
)) {
  for (const [method, route] of Object.entries(routes)) {
    const tag = route.tags?.[0] ?? "service";
    groups.set(tag, [...(groups.get(tag) ?? []), described(method, path, route)]);
  }
}
const schemas = Object.entries(/** @type {Record<string, any>} */ (api.components.schemas)).map(
  ([name, schema]) =>
    element(
      "details",
      {},
      element(
        "summary",
        {},
        element("code", {}, name),
        element("span", { class: "faint" }, ` ${schema.description?.split("\n")[0] ?? ""}`),
      ),
      element("p", {}, ...rich(schema.description ?? "")),
      table(
        ["key", "value", "meaning"],
        Object.entries(/** @type {Record<string, any>} */ (schema.properties ?? {})).map(
          ([key, value]) => [key, typeName(value), value.description ?? ""],
        ),
      ),
    ),
);
docs.replaceChildren(
  element("p", {}, ...rich(api.info.description)),
  ...[...groups].flatMap(([tag, routes]) => [element("h2", {}, tag), ...routes]),
  element("h2", {}, "forms"),
  ...schemas,
);

export {};
