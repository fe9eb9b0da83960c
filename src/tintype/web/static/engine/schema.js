// A guidance file, checked by the JSON Schema that the service publishes.

import { Sentence } from "./sentence.js";

/**
 * guidance: the schema. colors: codes by names.
 * @typedef {{guidance: any, colors: Record<string, string>}} Rules
 */

const KINDS = /** @type {Record<string, [string, (value: any) => boolean]>} */ ({
  boolean: ["true or false", (value) => typeof value === "boolean"],
  number: ["a number", (value) => typeof value === "number"],
  integer: ["a whole number", Number.isInteger],
  string: ["text", (value) => typeof value === "string"],
  array: ["a list", Array.isArray],
  object: ["an object", (value) => value instanceof Object && !Array.isArray(value)],
});
const LIMITS = /** @type {Record<string, [string, (value: any, limit: number) => boolean]>} */ ({
  minimum: ["at least", (value, limit) => value >= limit],
  maximum: ["at most", (value, limit) => value <= limit],
  exclusiveMinimum: ["more than", (value, limit) => value > limit],
  minItems: ["a list of at least", (value, limit) => value.length >= limit],
  maxItems: ["a list of at most", (value, limit) => value.length <= limit],
});
const CHOICE = new Intl.ListFormat("en", { type: "disjunction" });

/**
 * A guidance, its colors as codes. Throws a Sentence.
 * @param {any} guidance @param {Rules} rules
 */
export function checked(guidance, { guidance: root, colors }) {
  /**
   * @param {any} value @param {any} schema @param {string} name @param {string} whole that has it
   * @returns {any}
   */
  function check(value, schema, name, whole) {
    if (schema.$ref) return check(value, root.$defs[schema.$ref.split("/").at(-1)], name, whole);
    if (schema.anyOf) return value === null ? null : check(value, schema.anyOf[0], name, whole);
    const place = whole ? `${name} of ${whole}` : name;
    const must = (/** @type {string} */ text) => {
      throw new Sentence(`${place} must be ${text}, not ${JSON.stringify(value).slice(0, 40)}`);
    };
    if (schema.format === "color") return codeOf(value) ?? must("a color");
    const [kind, fits] = KINDS[schema.type] ?? ["", () => true];
    if (!fits(value)) must(kind);
    const names = schema.enum ?? ("const" in schema ? [schema.const] : [value]);
    if (!names.includes(value)) must(CHOICE.format(names.map(String)));
    for (const [limit, [text, holds]] of Object.entries(LIMITS))
      if (limit in schema && !holds(value, schema[limit])) must(`${text} ${schema[limit]}`);
    const isItem = /\d$/.test(name);
    const [one, of] = isItem ? ["number", place] : [name.replace(/s$/, ""), whole];
    if (schema.items)
      return value.map((/** @type {any} */ each, /** @type {number} */ i) =>
        check(each, schema.items, `${one} ${i + 1}`, of),
      );
    return schema.properties ? checkObject(value, schema, place) : value;
  }

  /** @param {any} value @param {any} schema @param {string} place */
  function checkObject(value, schema, place) {
    for (const key of schema.required ?? [])
      if (!(key in value)) throw new Sentence(`${place} lacks ${key}`);
    const entries = Object.entries(value).map(([key, each]) => {
      if (key in schema.properties) return [key, check(each, schema.properties[key], key, place)];
      if (schema.additionalProperties === false)
        throw new Sentence(`${place}: unknown key '${key}'`);
      return [key, each];
    });
    const variant = schema.oneOf?.find((/** @type {any} */ { properties: { kind } }) =>
      (kind.enum ?? [kind.const]).includes(value.kind),
    );
    if (variant) checkObject(value, variant, place);
    return Object.fromEntries(entries.filter(([, each]) => each !== null)); // null is no value
  }

  /** @param {any} color */
  function codeOf(color) {
    if (typeof color !== "string") return undefined;
    const text = color.trim().toLowerCase();
    if (/^#[0-9a-f]{3}$/.test(text)) return text.replace(/[0-9a-f]/g, "$&$&");
    return /^#[0-9a-f]{6}$/.test(text) ? text : colors[text];
  }

  return check(guidance, root, "the guidance", "");
}
