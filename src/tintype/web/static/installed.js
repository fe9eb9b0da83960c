// The page as an installed app: it opens without the server, and takes what other apps share.

const SHARED = "tintype-shared";

/** After this the page is at rest: kept files are fetched again, and the first photograph waits. */
const REST_MS = 3000;

/** Keep the page for when the server is off, where the browser allows it (secure contexts). */
export const register = () =>
  setTimeout(() => navigator.serviceWorker?.register("offline.js").catch(() => {}), REST_MS);

/** The version of the program that this page belongs to. */
export async function pageVersion() {
  const response = await fetch("page.json").catch(() => null);
  return response?.ok ? String((await response.json()).version) : "";
}

/** The photographs that another app has shared. @returns {Promise<File[]>} */
export async function takeShared() {
  if (location.search !== "?shared") return [];
  history.replaceState(null, "", location.pathname);
  const cache = await caches.open(SHARED);
  const requests = await cache.keys();
  const files = requests.map(async (request) => {
    const blob = (await (await cache.match(request))?.blob()) ?? new Blob();
    await cache.delete(request);
    const name = decodeURIComponent(new URL(request.url).search.slice(1));
    return new File([blob], name, { type: blob.type });
  });
  return Promise.all(files);
}
