// The packages that these tests need are those of web/, so that one `npm ci` serves both.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../../web/package.json', import.meta.url));

export const { chromium } = require('playwright-core');
export const jpeg = require('jpeg-js');
export const axe_source = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
