import { permissions, type AccountRole, type Grant, type Permission, type Scope } from '../protocol_people.ts';

export const role_texts: Readonly<Record<AccountRole, { title: string; one: string; may: string }>> = {
  member: { title: 'Member', one: 'a member', may: 'Only what grants give' },
  viewer: { title: 'Viewer', one: 'a viewer', may: 'Watch every device and press STOP' },
  player: { title: 'Player', one: 'a player', may: 'Watch and drive every device, and press STOP' },
  administrator: { title: 'Administrator', one: 'an administrator', may: 'Everything on this hub' },
};

export const permission_texts: Readonly<Record<Permission, { title: string; may: string }>> = {
  watch: { title: 'Watch', may: 'see it live and press STOP' },
  play: { title: 'Play', may: 'take turns and send commands, and watch' },
  publish: { title: 'Publish', may: 'send media for it, and watch' },
  moderate: { title: 'Moderate', may: 'keep the line in order, play and watch' },
  administer: { title: 'Administer', may: 'everything there' },
};

/** What each permission brings with it, itself included. */
const included: Readonly<Record<Permission, readonly Permission[]>> = {
  watch: ['watch'],
  play: ['play', 'watch'],
  publish: ['publish', 'watch'],
  moderate: ['moderate', 'play', 'watch'],
  administer: permissions,
};

const ofRole: Readonly<Record<AccountRole, readonly Permission[]>> = {
  member: [],
  viewer: ['watch'],
  player: ['watch', 'play'],
  administrator: permissions,
};

/** Every permission that an account holds anywhere; a token of it can have no other. */
export function permissionsOf(role: AccountRole, grants: readonly Pick<Grant, 'permission'>[]): Permission[] {
  const held = new Set<Permission>(ofRole[role]);
  for (const { permission } of grants) for (const each of included[permission]) held.add(each);
  return permissions.filter((permission) => held.has(permission));
}

/** "the device lab-turret", "devices labelled arm", "devices in the room Workshop". */
export function scopeText({ kind, value }: Scope): string {
  if (kind === 'device') return `the device ${value}`;
  return kind === 'label' ? `devices labelled ${value}` : `devices in the room ${value}`;
}

/** "Moderate devices labelled arm". */
export function grantText({ permission, scope }: Pick<Grant, 'permission' | 'scope'>): string {
  return `${permission_texts[permission].title} ${scopeText(scope)}`;
}
