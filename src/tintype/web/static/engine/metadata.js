// What travels with a picture: EXIF of the source, upright now, and the label that says that its
// colors were computed.

import { chunk, SIGNATURE } from "./png.js";

/**
 * @typedef {{network: string, version: string, settings: string, sha256: string}} Label
 *   sha256: of the network's file
 * @typedef {import("../api.js").Guidance} Guidance
 */
/** @typedef {Uint8Array<ArrayBufferLike>} Bytes */

const SOURCE_TYPE =
  "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia";
const RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const EXIF = "Exif\0\0";
const XMP = "http://ns.adobe.com/xap/1.0/\0";
const PNG_XMP = "XML:com.adobe.xmp\0\0\0\0\0";
const MOST_SEGMENT = 65533;
const PROGRESSIVE = 0xc2;
/** What begins the blocks of a GIF. */
const EXTENSION = 0x21;
const FRAME = 0x2c;

const ascii = (/** @type {string} */ text) => Uint8Array.from(text, (each) => each.charCodeAt(0));
const utf8 = new TextEncoder();
const starts = (/** @type {Bytes} */ bytes, /** @type {ArrayLike<number>} */ head, at = 0) =>
  Array.prototype.every.call(head, (value, i) => bytes[at + i] === value);
const number = (/** @type {Bytes} */ bytes, /** @type {number} */ at, length = 4) =>
  bytes.subarray(at, at + length).reduce((sum, byte) => sum * 256 + byte, 0);
export const isJpeg = (/** @type {Bytes} */ bytes) => bytes[0] === 0xff && bytes[1] === 0xd8;
export const isPng = (/** @type {Bytes} */ bytes) => starts(bytes, SIGNATURE);

/** @param {Bytes[]} parts */
function joined(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
  return out;
}

/** The segments before a JPEG's picture: marker and content. @param {Bytes} bytes */
function* segments(bytes) {
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda;) {
    const length = number(bytes, at + 2, 2);
    yield {
      marker: bytes[at + 1],
      at,
      end: at + 2 + length,
      content: bytes.subarray(at + 4, at + 2 + length),
    };
    at += 2 + length;
  }
}

/** @param {Bytes} bytes */
function* chunks(bytes) {
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = number(bytes, at);
    yield {
      kind: String.fromCharCode(...bytes.subarray(at + 4, at + 8)),
      content: bytes.subarray(at + 8, at + 8 + length),
      end: at + 12 + length,
    };
    at += 12 + length;
  }
}

/** The chunks of a WebP file. @param {Bytes} bytes */
function* riff(bytes) {
  for (let at = 12; at + 8 <= bytes.length;) {
    const length =
      bytes[at + 4] + 256 * bytes[at + 5] + 65536 * bytes[at + 6] + 16777216 * bytes[at + 7];
    yield {
      kind: String.fromCharCode(...bytes.subarray(at, at + 4)),
      content: bytes.subarray(at + 8, at + 8 + length),
    };
    at += 8 + length + (length % 2);
  }
}

/** Where the frames of a GIF begin. @param {Bytes} bytes */
function* gifFrames(bytes) {
  const tableLength = (/** @type {number} */ flags) => (flags & 128 ? 3 << ((flags & 7) + 1) : 0);
  for (let at = 13 + tableLength(bytes[10]); [EXTENSION, FRAME].includes(bytes[at]); at++) {
    if (bytes[at] === FRAME) yield at;
    at += bytes[at] === FRAME ? 11 + tableLength(bytes[at + 9]) : 2;
    while (bytes[at]) at += bytes[at] + 1;
  }
}

/**
 * EXIF (a TIFF structure) and XMP of a JPEG, PNG or WebP file.
 * @param {Bytes} bytes @returns {{exif: Bytes | null, xmp: Bytes | null}}
 */
export function metadataOf(bytes) {
  /** @type {{exif: Bytes | null, xmp: Bytes | null}} */
  const found = { exif: null, xmp: null };
  const after = (/** @type {Bytes} */ content, /** @type {string} */ head) =>
    starts(content, ascii(head)) ? content.subarray(head.length) : null;
  if (isJpeg(bytes)) {
    for (const { marker, content } of segments(bytes)) {
      if (marker !== 0xe1) continue;
      found.exif ??= after(content, EXIF);
      found.xmp ??= after(content, XMP);
    }
  } else if (isPng(bytes)) {
    for (const { kind, content } of chunks(bytes)) {
      if (kind === "eXIf") found.exif = content;
      if (kind === "iTXt") found.xmp ??= after(content, PNG_XMP);
    }
  } else if (starts(bytes, ascii("RIFF")) && starts(bytes, ascii("WEBP"), 8)) {
    for (const { kind, content } of riff(bytes)) {
      if (kind === "EXIF") found.exif = after(content, EXIF) ?? content;
      if (kind === "XMP ") found.xmp = content;
    }
  }
  return found;
}

/** @param {Bytes} bytes of a JPEG */
export const isProgressive = (bytes) =>
  [...segments(bytes)].some(({ marker }) => marker === PROGRESSIVE);

/** Bits of a PNG's channels; 8 for other files. @param {Bytes} bytes */
export const depthOf = (bytes) => (isPng(bytes) ? bytes[24] : 8);

/**
 * Whether a file has several frames, of which a browser's picture is the first.
 * @param {Bytes} bytes GIF, PNG or WebP; of the last two the beginning is enough
 */
export function isAnimated(bytes) {
  if (isPng(bytes)) return [...chunks(bytes)].some(({ kind }) => kind === "acTL");
  if (starts(bytes, ascii("RIFF"))) return [...riff(bytes)].some(({ kind }) => kind === "ANIM");
  return starts(bytes, ascii("GIF8")) && [...gifFrames(bytes)].length > 1;
}

/** EXIF that says upright; damaged EXIF is left out. @param {Bytes} exif */
function upright(exif) {
  const copy = exif.slice(),
    view = new DataView(copy.buffer);
  try {
    const little = copy[0] === 0x49,
      ifd = view.getUint32(4, little);
    for (let i = 0, count = view.getUint16(ifd, little); i < count; i++) {
      const at = ifd + 2 + 12 * i;
      if (view.getUint16(at, little) === 0x0112) view.setUint16(at + 8, 1, little);
    }
    return copy;
  } catch {
    return null;
  }
}

/** A longer setting, such as a mask, is stated as its hash. */
const MAX_SETTING_CHARACTERS = 2000;

/** The settings of a label: JSON of what was asked for. @param {Guidance} guidance */
export function settingsOf({ tintype: _, ...asked }) {
  return Object.keys(asked).length ? JSON.stringify({ guidance: shortened(asked) }) : "automatic";
}

/** @param {unknown} value @returns {unknown} */
function shortened(value) {
  const text = JSON.stringify(value);
  if (text.length <= MAX_SETTING_CHARACTERS) return value;
  if (typeof value === "string" || Array.isArray(value)) return `FNV-1a ${hashOf(text)}`;
  const entries = Object.entries(/** @type {object} */ (value));
  return Object.fromEntries(entries.map(([name, each]) => [name, shortened(each)]));
}

/** FNV-1a, because browsers keep SHA-256 from pages over plain HTTP. @param {string} text */
function hashOf(text) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of utf8.encode(text))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0").slice(0, 12);
}

const escaped = (/** @type {string} */ text) =>
  text.replace(/[<>&"]/g, (each) => `&#${each.charCodeAt(0)};`);

/**
 * XMP with a label; what was there stays, except an older label and another creator tool or source
 * type.
 * @param {Bytes | null} xmp @param {Label} label
 */
export function labeled(xmp, { network, version, settings, sha256 }) {
  const agent = `Tintype ${escaped(version)}`,
    name = escaped(network),
    stated = escaped(settings);
  const own =
    `<rdf:Description rdf:about="" xmlns:rdf="${RDF}" xmlns:xmp="http://ns.adobe.com/xap/1.0/"` +
    ` xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"` +
    ` xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"` +
    ` xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"` +
    ` xmlns:tintype="urn:tintype:label:1">` +
    `<xmp:CreatorTool>${agent}</xmp:CreatorTool>` +
    `<Iptc4xmpExt:DigitalSourceType>${SOURCE_TYPE}</Iptc4xmpExt:DigitalSourceType>` +
    `<tintype:Network>${name}</tintype:Network>` +
    `<tintype:Version>${escaped(version)}</tintype:Version>` +
    `<tintype:Settings>${stated}</tintype:Settings>` +
    `<tintype:NetworkSHA256>${escaped(sha256)}</tintype:NetworkSHA256>`;
  const event =
    `<rdf:li rdf:parseType="Resource"><stEvt:action>edited</stEvt:action>` +
    `<stEvt:softwareAgent>${agent}</stEvt:softwareAgent><stEvt:parameters>` +
    `colorized by the network ${name}, settings ${stated}</stEvt:parameters></rdf:li>`;
  const history = (/** @type {string} */ before) =>
    `<xmpMM:History><rdf:Seq>${before}${event}</rdf:Seq></xmpMM:History></rdf:Description>`;
  let text = xmp ? new TextDecoder().decode(xmp) : "";
  if (!/<\/rdf:RDF>/.test(text)) {
    text =
      `<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>\n` +
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="${RDF}"></rdf:RDF></x:xmpmeta>\n` +
      `<?xpacket end='w'?>`;
  }
  let before = "";
  text = text
    .replace(
      /<xmpMM:History>\s*<rdf:Seq>([^]*?)<\/rdf:Seq>\s*<\/xmpMM:History>/,
      (_, events) => ((before = events), ""),
    )
    .replace(/<(xmp:CreatorTool|Iptc4xmpExt:DigitalSourceType|tintype:\w+)>[^<]*<\/\1>/g, "")
    .replace(/\s(xmp:CreatorTool|Iptc4xmpExt:DigitalSourceType|tintype:\w+)="[^"]*"/g, "");
  return utf8.encode(text.replace("</rdf:RDF>", () => `${own}${history(before)}</rdf:RDF>`));
}

/**
 * An encoded picture with the metadata of the file that it was made from, and a label.
 * @param {Bytes} encoded JPEG or PNG @param {Bytes} original @param {Label} label @returns {Bytes}
 */
export function withMetadata(encoded, original, label) {
  const source = metadataOf(original);
  const exif = source.exif && upright(source.exif),
    xmp = labeled(source.xmp, label);
  if (isPng(encoded)) {
    const end = 8 + 12 + number(encoded, 8); // behind the header
    const own = [
      chunk("iTXt", joined(ascii(PNG_XMP), xmp)),
      ...(exif ? [chunk("eXIf", exif)] : []),
    ];
    return joined(encoded.subarray(0, end), ...own, encoded.subarray(end));
  }
  const first = [...segments(encoded)].find(({ marker }) => marker === 0xe0);
  const at = first ? first.end : 2;
  const own = [...(exif ? [joined(ascii(EXIF), exif)] : []), joined(ascii(XMP), xmp)].filter(
    (content) => content.length <= MOST_SEGMENT,
  );
  return joined(
    encoded.subarray(0, at),
    ...own.flatMap((content) => [
      Uint8Array.of(0xff, 0xe1, (content.length + 2) >> 8, (content.length + 2) & 255),
      content,
    ]),
    encoded.subarray(at),
  );
}
