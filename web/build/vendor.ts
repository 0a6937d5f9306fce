import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** What plugins' panels may import from `/vendor/`. Their names stay over upgrades; the hub answers them with an ETag. */
const modules: Readonly<Record<string, string>> = { 'three.js': 'three', 'uplot.js': 'uplot' };
const sheets: Readonly<Record<string, string>> = { 'uplot.css': 'uplot/dist/uPlot.min.css' };
/** All that is in the bundle of others' making; their licences ask to go with it. */
const packages = ['lit', 'lit-html', 'lit-element', '@lit/reactive-element', 'three', 'uplot'] as const;

/**
 * Emits libraries that panels share as ES modules with stable names, and the licences of all that is bundled. The page
 * itself imports the same files, so that a browser has each library once.
 */
export function vendor(): Plugin {
  let root = '.';
  let building = false;
  const installed = (path: string): string => join(root, 'node_modules', path);
  return {
    name: 'robohub-vendor',
    configResolved(config) {
      root = config.root;
      building = config.command === 'build';
    },
    buildStart() {
      if (!building) return;
      for (const [name, id] of Object.entries(modules)) {
        this.emitFile({ type: 'chunk', id, fileName: `vendor/${name}`, preserveSignature: 'strict' });
      }
      for (const [name, path] of Object.entries(sheets)) {
        this.emitFile({ type: 'asset', fileName: `vendor/${name}`, source: readFileSync(installed(path), 'utf8') });
      }
      const texts = packages.map((name) => licenceOf(name, installed(name)));
      this.emitFile({ type: 'asset', fileName: 'vendor/licences.txt', source: texts.join('\n\n') });
    },
    generateBundle(_options, bundle) {
      for (const [name, id] of Object.entries(modules)) {
        const chunk = bundle[`vendor/${name}`];
        const { version, license } = packageFile(installed(id));
        if (chunk?.type === 'chunk')
          chunk.code = `/*! ${id} ${version} (${license}), see /vendor/licences.txt */\n${chunk.code}`;
      }
    },
    configureServer(server) {
      // The development server has no bundle: it serves the packages' own files under these names.
      server.middlewares.use((request, _response, next) => {
        const name = /^\/vendor\/([a-z]+\.(?:js|css))$/.exec(request.url ?? '')?.[1] ?? '';
        const id = modules[name];
        if (id !== undefined) request.url = `/@fs${installed(moduleFile(installed(id), id))}`;
        else if (sheets[name] !== undefined) request.url = `/node_modules/${sheets[name]}?direct`;
        next();
      });
    },
  };
}

interface PackageFile {
  version: string;
  license: string;
  module?: string;
  exports?: Record<string, string | { import?: string }>;
}

function packageFile(folder: string): PackageFile {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageFile;
}

function moduleFile(folder: string, id: string): string {
  const { module, exports } = packageFile(folder);
  const entry = exports?.['.'];
  return join(id, (typeof entry === 'object' ? entry.import : undefined) ?? module ?? 'index.js');
}

function licenceOf(name: string, folder: string): string {
  const { version, license } = packageFile(folder);
  const text = readFileSync(join(folder, 'LICENSE'), 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}
