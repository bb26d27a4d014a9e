import { environmentRule } from './rules/environment.mjs';
import { fileNamesRule } from './rules/file-names.mjs';
import { layersRule } from './rules/layers.mjs';
import { packagesRule } from './rules/packages.mjs';
import { roomsRule } from './rules/rooms.mjs';

export const plugin = {
  meta: { name: 'myelin', version: '1' },
  rules: {
    environment: environmentRule,
    'file-names': fileNamesRule,
    layers: layersRule,
    packages: packagesRule,
    rooms: roomsRule,
  },
};
