/** Registries of country codes. What they add to EPP is raw XML both ways so far. */
import { CONTACT_URI, DOMAIN_URI, HOST_URI } from '../namespaces.ts';
import { generic } from './generic.ts';
import type { Profile } from './profile.ts';

const nominetURI = (name: string) => `http://www.nominet.org.uk/epp/xml/${name}`;

export const nominet: Profile = {
  ...generic,
  name: 'nominet',
  title: 'Nominet: .uk and its gTLDs',
  features: [
    'secDNS-1.1',
    'rgp-1.0',
    'fee-1.0',
    'fee-0.11',
    'fee-0.6',
    'idn-1.0',
    'allocationToken-1.0',
    'launch-1.0',
  ],
  extensionURIs: [
    nominetURI('domain-nom-ext-1.2'),
    nominetURI('contact-nom-ext-1.0'),
    nominetURI('std-notifications-1.2'),
    nominetURI('std-warning-1.1'),
    nominetURI('std-handshake-1.0'),
    nominetURI('std-release-1.0'),
    nominetURI('nom-data-quality-1.1'),
  ],
  keepalive: 'hello',
  // 6 for .uk itself
  suggested: { sessionLimit: 5, idleTimeoutSeconds: 1800 },
  sources: {
    features: 'registrars.nominet.uk, EPP for gTLDs',
    extensionURIs: 'logins of clients for .uk (nominet-epp, epp-proxy)',
    keepalive: 'registrars.nominet.uk, Connections, Sessions & POLL commands: a poll or a hello',
    sessionLimit: 'registrars.nominet.uk: 5 for each accreditation, 6 for .uk',
    idleTimeoutSeconds: 'registrars.nominet.uk: 30 minutes; no limit to the age of a connection',
  },
};

const noridURI = (name: string) => `http://www.norid.no/xsd/${name}`;

export const norid: Profile = {
  ...generic,
  name: 'norid',
  title: 'Norid: .no',
  features: ['secDNS-1.1'],
  extensionURIs: [
    noridURI('no-ext-epp-1.0'),
    noridURI('no-ext-result-1.0'),
    noridURI('no-ext-domain-1.1'),
    noridURI('no-ext-contact-1.0'),
    noridURI('no-ext-host-1.0'),
  ],
  suggested: { sessionLimit: 1, idleTimeoutSeconds: 120, maxCommandsPerConnection: 900 },
  caveat: 'Messages that nobody has polled for 21 days are taken off the queue by the registry.',
  sources: {
    features: 'Net::DRI, NO.pm',
    extensionURIs: 'Norid EPP Interface Specification; logins of clients (metaregistrar/php-epp-client)',
    sessionLimit: 'teknisk.norid.no, System limitations: 1, up to 9 on request',
    idleTimeoutSeconds: 'teknisk.norid.no, System limitations',
    maxCommandsPerConnection:
      'teknisk.norid.no, System limitations: 1200, or 900 where a thread was used before',
  },
};

export const co: Profile = {
  ...generic,
  name: 'co',
  title: '.CO Registry',
  features: ['rgp-1.0', 'secDNS-1.1', 'idn-1.0', 'fee-1.0'],
  maxCheckNames: 50,
  keepalive: 'hello',
  suggested: { sessionLimit: 100, idleTimeoutSeconds: 300 },
  caveat: 'A create that is answered 2302 takes 2 seconds at least.',
  sources: {
    features: 'support.registry.co, EPP Commands Reference',
    maxCheckNames: 'support.registry.co, Understanding EPP Session Limits and Timeouts',
    keepalive: 'support.registry.co, Understanding EPP Session Limits and Timeouts',
    pipelineDepth: 'support.registry.co asks for care: a pipeline may run into the timeout',
    sessionLimit: 'support.registry.co, Understanding EPP Session Limits and Timeouts',
    idleTimeoutSeconds: 'support.registry.co, Understanding EPP Session Limits and Timeouts',
  },
};

export const sidn: Profile = {
  ...generic,
  name: 'sidn',
  title: 'SIDN: .nl',
  features: ['secDNS-1.1', 'rgp-1.0'],
  extensionURIs: ['http://rxsd.domain-registry.nl/sidn-ext-epp-1.0'],
  suggested: { sessionLimit: 8, idleTimeoutSeconds: 600, maxAgeSeconds: 82_800 },
  sources: {
    features: 'application for .amsterdam (2012), question 25',
    extensionURIs: 'greeting of drs.domain-registry.nl in public clients',
    sessionLimit: 'application for .amsterdam (2012), question 25',
    idleTimeoutSeconds: 'application for .amsterdam (2012), question 25',
    maxAgeSeconds: 'application for .amsterdam (2012), question 25: 24 hours',
  },
};

export const dnsBelgium: Profile = {
  ...generic,
  name: 'dns-belgium',
  title: 'DNS Belgium: .vlaanderen and .brussels',
  features: ['secDNS-1.1', 'rgp-1.0'],
  suggested: { sessionLimit: 4, idleTimeoutSeconds: 240 },
  sources: {
    features: 'DNS Belgium, Registrar Manual EPP 3.1: RFC 3915 and 5910',
    sessionLimit: 'docs.dnsbelgium.be, gTLD quickstart',
    idleTimeoutSeconds: 'docs.dnsbelgium.be, gTLD quickstart',
  },
};

const fredURI = (name: string) => `http://www.nic.cz/xml/epp/${name}`;

export const fred: Profile = {
  ...generic,
  name: 'fred',
  title: 'FRED: CZ.NIC .cz and others',
  features: [],
  objectURIs: [fredURI('contact-1.6'), fredURI('domain-1.4'), fredURI('nsset-1.2'), fredURI('keyset-1.3')],
  extensionURIs: [fredURI('enumval-1.2')],
  suggested: { sessionLimit: 5, idleTimeoutSeconds: 300 },
  caveat: 'Has objects of its own instead of those of RFC 5731 to 5733: commands are raw XML.',
  sources: {
    objectURIs: 'FRED documentation, EPP reference: Schemas & namespaces',
    extensionURIs: 'FRED documentation, EPP reference: Schemas & namespaces',
    sessionLimit: "FRED's default configuration",
    idleTimeoutSeconds: "FRED's default configuration",
  },
};

export const lv: Profile = {
  ...generic,
  name: 'lv',
  title: 'NIC.LV: .lv',
  features: ['secDNS-1.1'],
  objectURIs: [DOMAIN_URI, CONTACT_URI],
  extensionURIs: [
    'http://www.nic.lv/epp/schema/lvdomain-ext-1.0',
    'http://www.nic.lv/epp/schema/lvcontact-ext-1.0',
  ],
  keepalive: 'hello',
  suggested: { idleTimeoutSeconds: 600, maxAgeSeconds: 428_400 },
  caveat: 'Has no host objects: name servers are attributes of a domain.',
  sources: {
    features: 'Net::DRI, LV.pm',
    objectURIs: 'nic.lv/eppdoc, Overview',
    extensionURIs: 'nic.lv/eppdoc, Extensions',
    keepalive: 'nic.lv/epp, Session management commands: hello or poll',
    idleTimeoutSeconds: 'nic.lv/epp, Session management commands: 10 minutes',
    maxAgeSeconds: 'nic.lv/epp, Session management commands: 5 days',
  },
};

export const cira: Profile = {
  ...generic,
  name: 'cira',
  title: 'CIRA: .ca',
  features: ['secDNS-1.1', 'rgp-1.0'],
  extensionURIs: ['urn:ietf:params:xml:ns:fury-2.1', 'urn:ietf:params:xml:ns:fury-rgp-1.0'],
  suggested: { sessionLimit: 15 },
  sources: {
    features: 'Net::DRI, CIRA/Fury.pm, whose fury-rgp adds to RFC 3915; .ca signs delegations',
    extensionURIs: 'CIRA Fury 2.1 EPP Extension',
    sessionLimit: '.CA Application Services Acceptable Use Policy 1.2 (2019): for each registrar account',
  },
};

export const dk: Profile = {
  ...generic,
  name: 'dk',
  title: 'Punktum dk: .dk',
  features: ['secDNS-1.1', 'balance-1.0'],
  extensionURIs: ['urn:dkhm:params:xml:ns:dkhm-4.5', 'urn:dkhm:params:xml:ns:dkhm-domain-4.4'],
  keepalive: 'hello',
  suggested: { idleTimeoutSeconds: 300, maxAgeSeconds: 27_000 },
  caveat: 'Takes frames up to 256 KiB, and closes a session after three errors of one kind.',
  sources: {
    features: 'Punktum dk EPP Service Specification 5.3, greeting',
    extensionURIs: 'Punktum dk EPP Service Specification 5.3, greeting',
    keepalive: 'Punktum dk EPP Service Specification 5.3, login',
    idleTimeoutSeconds: 'Punktum dk EPP Service Specification 5.3, login: "700 seconds (5 minutes)"',
    maxAgeSeconds: 'Punktum dk EPP Service Specification 5.3, login: 8 hours',
  },
};

export const ee: Profile = {
  ...generic,
  name: 'ee',
  title: 'Estonian Internet Foundation: .ee',
  features: ['secDNS-1.1'],
  objectURIs: [
    'https://epp.tld.ee/schema/domain-ee-1.2.xsd',
    'https://epp.tld.ee/schema/domain-ee-1.1.xsd',
    'https://epp.tld.ee/schema/domain-eis-1.0.xsd',
    'https://epp.tld.ee/schema/contact-ee-1.1.xsd',
    HOST_URI,
  ],
  extensionURIs: ['https://epp.tld.ee/schema/eis-1.0.xsd'],
  suggested: { sessionLimit: 4, idleTimeoutSeconds: 120 },
  caveat:
    'Its frames stand in a namespace of its own (https://epp.tld.ee/schema/epp-ee-1.0.xsd) instead of that of RFC 5730: sessions cannot be opened yet.',
  sources: {
    features: 'github.com/internetee/registry',
    objectURIs: 'github.com/internetee/registry; greeting of EIS in Net::DRI',
    extensionURIs: 'github.com/internetee/registry',
    pipelineDepth: 'github.com/internetee/epp_proxy cannot read two frames in one packet',
    sessionLimit: 'inforuum.internet.ee, Technical restrictions to queries: from 4 addresses',
    idleTimeoutSeconds: 'inforuum.internet.ee says 5 minutes, the contract 120 seconds',
  },
};

export const au: Profile = {
  ...generic,
  name: 'au',
  title: 'auDA: .au',
  features: ['secDNS-1.1', 'rgp-1.0'],
  extensionURIs: ['urn:X-au:params:xml:ns:auext-1.3', 'urn:X-au:params:xml:ns:auext-1.2'],
  suggested: { sessionLimit: 40 },
  sources: {
    features: "jtoolkit2, the toolkit of .au's registry",
    extensionURIs: '.au Extensions to EPP 1.2; jtoolkit2 for 1.3',
    sessionLimit: "the registry's own pages",
  },
};
