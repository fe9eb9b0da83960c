// Requests to the service, and what it says when one fails.

import { authorization } from "./token.js";

const BASE = "/api/v1";

/** What went wrong, in one sentence. code: of the service's problem; "no-answer": there is none. */
export class ServiceError extends Error {
  /** @param {string} message @param {string} code @param {number} [wait] seconds */
  constructor(message, code, wait = 0) {
    super(message);
    this.code = code;
    this.wait = wait;
  }
}

/** @param {string} path @param {RequestInit} [how] */
export async function ask(path, how = {}) {
  const headers = { .../** @type {Record<string, string>} */ (how.headers), ...authorization() };
  let response;
  try {
    response = await fetch(BASE + path, { ...how, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ServiceError("Tintype does not answer. Is it still running?", "no-answer");
  }
  if (response.ok) return response;
  const problem = /** @type {Partial<import("./types.js").Problem>} */ (
    await response.json().catch(() => ({}))
  );
  const message = problem.detail ?? `the service failed (${response.status})`;
  const wait = Number(response.headers.get("Retry-After") ?? 0);
  throw new ServiceError(message, problem.code ?? "failed", wait);
}

/** @param {unknown} value @param {AbortSignal} [signal] @returns {RequestInit} */
export const json = (value, signal) => ({
  ...posted(JSON.stringify(value), "application/json"),
  signal,
});

/** @param {BodyInit} body @param {string} kind @returns {RequestInit} */
export const posted = (body, kind) => ({ method: "POST", headers: { "Content-Type": kind }, body });

/** @param {Record<string, string | number | boolean>} values */
export const query = (values) =>
  new URLSearchParams(Object.entries(values).map(([key, value]) => [key, String(value)]));
