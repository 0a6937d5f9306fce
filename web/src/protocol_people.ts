/** Shapes of people, their rights and what an administrator keeps, as docs/PROTOCOL.md (1.1) defines them. */

export const permissions = ['watch', 'play', 'publish', 'moderate', 'administer'] as const;
export type Permission = (typeof permissions)[number];

export const roles = ['member', 'viewer', 'player', 'administrator'] as const;
export type AccountRole = (typeof roles)[number];

export interface Scope {
  kind: 'device' | 'label' | 'room';
  value: string;
}

export interface Grant {
  id: number;
  permission: Permission;
  scope: Scope;
  created_at_ms: number;
  created_by: string;
}

export interface User {
  username: string;
  id: string;
  role: AccountRole;
  disabled: boolean;
  created_at_ms: number;
  last_seen_ms: number | null;
  sessions: number;
  tokens: number;
  has_password: boolean;
  oidc: boolean;
  grants: Grant[];
}

export interface SignedInSession {
  id: string;
  created_at_ms: number;
  last_used_ms: number;
  expires_at_ms: number;
  address: string;
  user_agent: string;
  current: boolean;
}

export interface Token {
  id: number;
  name: string;
  username: string;
  permissions: Permission[];
  scopes: Scope[];
  created_at_ms: number;
  expires_at_ms: number;
  last_used_ms: number | null;
}

export interface Enrolment {
  id: string;
  type: string;
  claim_code: string;
  expires_at_ms: number;
  agent_yaml: string;
}

export interface Connection {
  at_ms: number;
  kind: 'connected' | 'lost' | 'refused';
  address: string;
  agent: string;
  plugin: string;
  reason: string;
  for_ms: number | null;
}

export interface Plugin {
  id: string;
  version: string;
  title: string;
  vendor: string;
  types: string[];
  folder: string;
  sha256: string;
  devices: number;
}

export interface Certificate {
  fingerprint: string;
  device: string;
  serial: string;
  issued_at_ms: number;
  expires_at_ms: number;
  revoked_at_ms: number | null;
}

export interface NamedCertificate {
  subject: string;
  names?: string[];
  fingerprint: string;
  expires_at_ms: number;
  self_signed?: boolean;
}

export interface Certificates {
  server: NamedCertificate | null;
  authority: NamedCertificate | null;
  devices: Certificate[];
}

export interface IssuedCertificate {
  certificate: Certificate;
  certificate_pem: string;
  key_pem: string;
  authority_pem: string;
}
