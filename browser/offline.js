// The service worker: the edition works without a connection after the first visit, takes
// photographs that other apps share, and isolates its pages, so that the network may use several
// threads whatever the server's headers are.

const NAME = "CACHE";
const FILES = ["FILES"];
const SHARED = "tintype-shared";
const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(NAME)
      .then((cache) => cache.addAll(FILES))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const outdated = (name) => name.startsWith("tintype-") && ![NAME, SHARED].includes(name);
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(outdated).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== location.origin) return;
  if (event.request.method === "POST" && url.pathname.endsWith("/share"))
    event.respondWith(keepShared(event.request));
  else if (event.request.method === "GET") event.respondWith(answer(event.request, url));
});

async function answer(request, url) {
  const wanted = request.mode === "navigate" ? "./" : url.href;
  const known =
    (await (await caches.open(NAME)).match(wanted, { ignoreSearch: true })) ??
    (await fetch(request));
  if (!known.ok || known.type === "opaque") return known;
  const headers = new Headers(known.headers);
  for (const [name, value] of Object.entries(ISOLATED)) headers.set(name, value);
  return new Response(known.body, { status: known.status, statusText: known.statusText, headers });
}

async function keepShared(request) {
  const files = (await request.formData()).getAll("photographs");
  const cache = await caches.open(SHARED);
  await Promise.all(
    files.map((file, i) =>
      cache.put(
        `./shared/${i}?${encodeURIComponent(file.name)}`,
        new Response(file, { headers: { "Content-Type": file.type } }),
      ),
    ),
  );
  return Response.redirect("./?shared", 303);
}
