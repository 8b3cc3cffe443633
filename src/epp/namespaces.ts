/** XML namespaces of EPP's base mappings (RFC 5730 to 5733). Peers are matched by these URIs, never by prefix. */
export const EPP_URI = 'urn:ietf:params:xml:ns:epp-1.0';
export const DOMAIN_URI = 'urn:ietf:params:xml:ns:domain-1.0';
export const HOST_URI = 'urn:ietf:params:xml:ns:host-1.0';
export const CONTACT_URI = 'urn:ietf:params:xml:ns:contact-1.0';

export const MAINTENANCE_URI = 'urn:ietf:params:xml:ns:epp:maintenance-1.0';
export const BALANCE_URI = 'http://www.verisign.com/epp/balance-1.0';
export const FINANCE_URI = 'urn:ietf:params:xml:ns:finance-1.1';

export const OBJECT_URIS = {
  domain: DOMAIN_URI,
  host: HOST_URI,
  contact: CONTACT_URI,
  maintenance: MAINTENANCE_URI,
  balance: BALANCE_URI,
  finance: FINANCE_URI,
} as const;
