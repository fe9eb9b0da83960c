// The service worker (secure contexts only): the page opens although the server is off, and takes
// photographs that other apps share.

const worker = /** @type {any} */ (self);
const PAGE = "tintype-page";
const SHARED = "tintype-shared";
const PATIENCE_MS = 3000;

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(install()));
worker.addEventListener("activate", (/** @type {any} */ event) =>
  event.waitUntil(worker.clients.claim()),
);
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || pathname.startsWith("/api/")) return;
  if (request.method === "POST" && pathname === "/share") event.respondWith(keepShared(request));
  else if (request.method === "GET") event.respondWith(answer(request));
});

async function install() {
  const { files } = await (await fetch("page.json")).json();
  await (await caches.open(PAGE)).addAll(files);
  await worker.skipWaiting();
}

/** As the server has it now; as it was last where that does not answer. @param {Request} request */
async function answer(request) {
  const cache = await caches.open(PAGE);
  const known = await cache.match(request, { ignoreSearch: true });
  const fresh = fetch(request).then((response) => {
    if (response.ok && known) cache.put(new URL(request.url).pathname, response.clone());
    return response;
  });
  if (!known) return fresh;
  const late = new Promise((done) => setTimeout(done, PATIENCE_MS, known));
  return Promise.race([fresh.catch(() => known), late]);
}

/** @param {Request} request */
async function keepShared(request) {
  const files = /** @type {File[]} */ ((await request.formData()).getAll("photographs"));
  const cache = await caches.open(SHARED);
  const put = (/** @type {File} */ file, /** @type {number} */ i) =>
    cache.put(`/shared/${i}?${encodeURIComponent(file.name)}`, new Response(file));
  await Promise.all(files.map(put));
  return Response.redirect("/?shared", 303);
}
