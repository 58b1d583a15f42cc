// Builds what the browser needs and npm has: run by `make setup`, never by hand in production.
//   static/vendor/mediasoup-client.js   the SFU client as one ES module: Device, version
//   static/vendor/fonts/                Pretendard in pieces by unicode range (3 MB, a page loads a few of them), and whole for PDF
//   static/css/build/app.css            the design system, lowered to the browser floor below

import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { transform } from "lightningcss";

const here = dirname(fileURLToPath(import.meta.url));
const fixed = join(here, "..", "..", "static");
const packages = join(here, "node_modules");

// One number per browser, as lightningcss wants it: major << 16 | minor << 8.
const FLOOR = { safari: (16 << 16) | (4 << 8), ios_saf: (16 << 16) | (4 << 8), chrome: 111 << 16, firefox: 128 << 16 };
const FLOOR_JS = ["safari16.4", "chrome111", "firefox128"];

// The @layer order stands in tokens.css, so it comes first; a page's own file comes after the system.
const CSS_FIRST = ["tokens.css", "icons.css", "components.css", "layout.css"];
// Of a page with a look of its own, which no other page may take on.
const CSS_APART = ["api-docs.css"];

/** The SFU client. Its types stand beside it, so that `tsc --checkJs` sees through the import. */
async function bundleClient() {
  const outfile = join(fixed, "vendor", "mediasoup-client.js");
  await build({
    stdin: { contents: 'export { Device, version } from "mediasoup-client";', resolveDir: here },
    bundle: true,
    format: "esm",
    platform: "browser",
    target: FLOOR_JS,
    minify: true,
    legalComments: "inline",
    outfile,
    logLevel: "warning",
  });
  await writeFile(outfile.replace(/\.js$/, ".d.ts"), 'export { Device, version } from "mediasoup-client";\n');
  const { version } = await import(outfile);
  return `mediasoup-client ${version}`;
}

/** Pretendard for devices that lack it (Apple's own face comes first in --font). */
async function copyFonts() {
  const from = join(packages, "pretendard", "dist");
  const to = join(fixed, "vendor", "fonts");
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  await cp(join(from, "web", "variable", "woff2-dynamic-subset"), join(to, "woff2-dynamic-subset"), { recursive: true });
  for (const weight of ["Regular", "Bold"]) {
    const name = `Pretendard-${weight}.ttf`; // whole, for the server's PDF documents
    await cp(join(from, "public", "static", "alternative", name), join(to, name));
  }
  await cp(join(from, "LICENSE.txt"), join(to, "LICENSE.txt"));
  const source = await readFile(join(from, "web", "variable", "pretendardvariable-dynamic-subset.css"));
  await writeFile(join(to, "pretendard.css"), compile("pretendard.css", source));
  return "Pretendard";
}

async function compileStyles() {
  const names = (await readdir(join(fixed, "css"))).filter((name) => name.endsWith(".css"));
  const own = names.filter((name) => ![...CSS_FIRST, ...CSS_APART].includes(name)).sort();
  const order = [...CSS_FIRST.filter((name) => names.includes(name)), ...own];
  const parts = await Promise.all(order.map((name) => readFile(join(fixed, "css", name), "utf8")));
  await mkdir(join(fixed, "css", "build"), { recursive: true });
  await writeFile(join(fixed, "css", "build", "app.css"), compile("app.css", Buffer.from(parts.join("\n"))));
  return `app.css from ${order.join(", ")}`;
}

function compile(filename, code) {
  const { code: lowered, warnings } = transform({ filename, code, minify: true, targets: FLOOR });
  if (warnings.length > 0) {
    throw new Error(warnings.map((each) => `${filename}:${each.loc.line}: ${each.message}`).join("\n"));
  }
  return lowered;
}

for (const line of await Promise.all([bundleClient(), copyFonts(), compileStyles()])) {
  console.log(`built ${line}`);
}
