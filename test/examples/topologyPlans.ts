/** What runs where in each of the examples, by the name of its file: at first, and after one event after the other. */
import type { ExpectedPlan } from './support.ts'

export const expected: Readonly<Record<string, readonly ExpectedPlan[]>> = {
  '2n': [
    {
      events: [],
      placement: `
        .       n1       n2         n3
        ledger  primary  secondary  spare`,
    },
    {
      events: ['end node:n1'],
      placement: `
        .       n1     n2       n3
                ended  .        .
        ledger  -      primary  secondary`,
    },
    {
      events: ['return node:n1'],
      placement: `
        .       n1     n2       n3
        ledger  spare  primary  secondary`,
    },
  ],
  'anti-affinity-shelves': [
    {
      events: [],
      placement: `
        .           n1       n2       n3         n4
        routing     primary  spare    secondary  spare
        signalling  spare    primary  spare      secondary`,
    },
    {
      events: ['end node:n1'],
      placement: `
        .           n1     n2         n3       n4
                    ended  .          .        .
        routing     -      secondary  primary  spare
        signalling  -      primary    spare    secondary`,
    },
    {
      events: ['return node:n1'],
      placement: `
        .           n1     n2         n3       n4
        routing     spare  secondary  primary  spare
        signalling  spare  primary    spare    secondary`,
    },
    {
      events: ['end node:n1', 'end node:n2'],
      placement: `
        .           n1     n2     n3       n4
                    ended  ended  .        .
        routing     -      -      primary  secondary
        signalling  -      -      spare    primary`,
      missing:
        'signalling: 1 secondary: no secondary: the node of n1/signalling is ended; the node of n2/signalling is ended;',
    },
  ],
  'capacity-and-priority': [
    {
      events: [],
      placement: `
        .        n1         n2
        billing  primary    spare
        report   secondary  primary
        search   primary    spare`,
    },
    {
      events: ['end node:n1'],
      placement: `
        .        n1     n2
                 ended  .
        billing  -      primary
        report   -      spare
        search   -      primary`,
      missing:
        'report: 1 primary, 1 secondary: no component can be primary: the node of n1/report is ended; needs 2 memory, n',
    },
    {
      events: ['return node:n1'],
      placement: `
        .        n1       n2
        billing  spare    primary
        report   primary  secondary
        search   spare    primary`,
    },
  ],
  colocation: [
    {
      events: [],
      placement: `
        .         n1       n2         n3     n4
        address   primary  secondary  spare  spare
        database  primary  secondary  spare  spare
        report    primary  spare      spare  spare
        web       primary  secondary  spare  spare`,
    },
    {
      events: ['lock n1/web'],
      placement: `
        .         n1         n2         n3         n4
        address   secondary  primary    spare      spare
        database  primary    secondary  spare      spare
        report    primary    spare      spare      spare
        web       -          primary    secondary  spare`,
    },
  ],
  containment: [
    {
      events: [],
      placement: `
        .         n1       n2         n3
        card      primary  secondary  spare
        carriers  primary  primary    primary`,
    },
    {
      events: ['lock n1/carrier'],
      placement: `
        .         n1  n2       n3
        card      -   primary  secondary
        carriers  -   primary  primary`,
      missing: 'carriers: 1 primary: 2 of 3 required primaries: n1/carrier is locked',
    },
  ],
  dependencies: [
    {
      events: [],
      placement: `
        .         n1       n2         n3
        cache     primary  primary    primary
        database  primary  secondary  spare
        helper    primary  primary    primary
        storage   primary  secondary  spare
        web       primary  secondary  spare`,
      steps: `
        1  n1/cache     offline → primary
        1  n2/cache     offline → primary
        1  n3/cache     offline → primary
        1  n1/helper    offline → primary
        1  n2/helper    offline → primary
        1  n3/helper    offline → primary
        1  n1/storage   offline → primary
        1  n2/database  offline → spare
        1  n3/database  offline → spare
        1  n2/storage   offline → spare
        1  n3/storage   offline → spare
        2  n1/database  offline → primary
        2  n2/storage   spare → secondary
        2  n2/web       offline → spare
        2  n3/web       offline → spare
        3  n1/web       offline → primary
        3  n2/database  spare → secondary
        4  n2/web       spare → secondary`,
    },
    {
      events: ['fail n1/database'],
      steps: `
        1  n2/database  secondary → primary
        2  n3/database  spare → secondary
        3  n1/database  offline → spare`,
    },
    {
      events: ['fail n1/storage'],
      steps: `
        1  n2/database  primary → quiescing
        1  n2/storage   secondary → primary
        2  n3/storage   spare → secondary
        2  n2/database  quiescing → offline
        3  n2/database  offline → primary
        3  n1/storage   offline → spare`,
    },
  ],
  groups: [
    {
      events: [],
      placement: `
        .         n1       n2     n3
        address   primary  spare  spare
        database  primary  spare  spare
        web       primary  spare  spare`,
    },
    {
      events: ['fail n1/web'],
      steps: `
        1  n1/web  offline → primary`,
    },
    {
      events: ['fail n1/database'],
      steps: `
        1  n1/web       primary → quiescing
        2  n1/database  offline → primary
        2  n1/web       quiescing → offline
        3  n1/web       offline → primary`,
    },
    {
      events: ['end node:n1'],
      steps: `
        1  n2/address   spare → primary
        2  n2/database  spare → primary
        3  n2/web       spare → primary`,
    },
  ],
  'hot-warm-cold': [
    {
      events: [],
      placement: `
        .     n1       n2         n3
        cold  primary  secondary  spare
        hot   primary  secondary  spare
        warm  primary  secondary  spare`,
    },
    {
      events: ['end node:n1'],
      placement: `
        .     n1     n2       n3
              ended  .        .
        cold  -      primary  secondary
        hot   -      primary  secondary
        warm  -      primary  secondary`,
    },
  ],
  'load-sharing': [
    {
      events: [],
      placement: `
        .      n1       n2       n3       n4
        relay  primary  primary  primary  spare`,
    },
    {
      events: ['end node:n1'],
      placement: `
        .      n1     n2       n3       n4
               ended  .        .        .
        relay  -      primary  primary  primary`,
    },
  ],
  'n-plus-1': [
    {
      events: [],
      placement: `
        .     n1       n2       n3       n4
        web1  primary  spare    spare    secondary
        web2  spare    primary  spare    secondary
        web3  spare    spare    primary  secondary`,
    },
    {
      events: ['end node:n1'],
      placement: `
        .     n1     n2       n3       n4
              ended  .        .        .
        web1  -      spare    spare    primary
        web2  -      primary  spare    spare
        web3  -      spare    primary  spare`,
      missing:
        'web1: 1 secondary: no secondary: the node of n1/web/web1 is ended; n2/web serves 1 as primary and 0 as seconda',
    },
    {
      events: ['return node:n1'],
      placement: `
        .     n1         n2       n3       n4
        web1  secondary  spare    spare    primary
        web2  secondary  primary  spare    spare
        web3  secondary  spare    primary  spare`,
    },
  ],
  'n-plus-m': [
    {
      events: [],
      placement: `
        .       n1       n2       n3       n4       n5         n6
        calls1  primary  spare    spare    spare    secondary  spare
        calls2  spare    primary  spare    spare    spare      secondary
        calls3  spare    spare    primary  spare    secondary  spare
        calls4  spare    spare    spare    primary  spare      secondary`,
    },
    {
      events: ['end node:n1'],
      placement: `
        .       n1     n2       n3       n4       n5       n6
                ended  .        .        .        .        .
        calls1  -      spare    spare    spare    primary  secondary
        calls2  -      primary  spare    spare    spare    secondary
        calls3  -      spare    primary  spare    spare    secondary
        calls4  -      spare    spare    primary  spare    secondary`,
    },
    {
      events: ['end node:n2'],
      placement: `
        .       n1     n2     n3       n4       n5       n6
                ended  ended  .        .        .        .
        calls1  -      -      spare    spare    primary  spare
        calls2  -      -      spare    spare    spare    primary
        calls3  -      -      primary  spare    spare    spare
        calls4  -      -      spare    primary  spare    spare`,
      missing:
        'calls1: 1 secondary: no secondary: the node of n1/calls/calls1 is ended; the node of n2/calls/calls1 is ended;',
    },
  ],
  'n-way': [
    {
      events: [],
      placement: `
        .       n1         n2         n3
        shard1  primary    secondary  spare
        shard2  secondary  primary    spare
        shard3  secondary  spare      primary
        shard4  primary    spare      secondary
        shard5  spare      primary    secondary
        shard6  secondary  secondary  primary`,
    },
    {
      events: ['end node:n1'],
      placement: `
        .       n1     n2         n3
                ended  .          .
        shard1  -      primary    secondary
        shard2  -      primary    secondary
        shard3  -      secondary  primary
        shard4  -      secondary  primary
        shard5  -      primary    secondary
        shard6  -      secondary  primary`,
      missing: 'shard6: served: no secondary: the node of n1/store/shard6 is ended',
    },
    {
      events: ['return node:n1'],
      placement: `
        .       n1         n2         n3
        shard1  spare      primary    secondary
        shard2  spare      primary    secondary
        shard3  spare      secondary  primary
        shard4  spare      secondary  primary
        shard5  spare      primary    secondary
        shard6  secondary  secondary  primary`,
    },
  ],
  none: [
    {
      events: [],
      placement: `
        .      n1       n2     n3
        batch  primary  spare  spare`,
    },
    {
      events: ['end node:n1'],
      placement: `
        .      n1     n2       n3
               ended  .        .
        batch  -      primary  spare`,
    },
    {
      events: ['return node:n1'],
      placement: `
        .      n1     n2       n3
        batch  spare  primary  spare`,
    },
  ],
  proxied: [
    {
      events: [],
      placement: `
        .         n1       n2         n3
        gateways  primary  primary    primary
        line      primary  secondary  -`,
    },
    {
      events: ['fail n1/gateway'],
      steps: `
        1  n1/gateway  offline → primary`,
    },
  ],
  recovery: [
    {
      events: [],
      placement: `
        .        n1       n2         n3
        session  primary  secondary  spare`,
    },
    {
      events: ['fail n1/session'],
      placement: `
        .        n1     n2       n3
        session  spare  primary  secondary`,
    },
  ],
  'release-domains': [
    {
      events: [],
      placement: `
        .       n1     n2       n3         n4
        ledger  spare  primary  secondary  spare`,
    },
    {
      events: ['end node:n3'],
      placement: `
        .       n1         n2       n3     n4
                .          .        ended  .
        ledger  secondary  primary  -      spare`,
    },
    {
      events: ['end node:n2'],
      placement: `
        .       n1       n2     n3     n4
                .        ended  ended  .
        ledger  primary  -      -      spare`,
      missing:
        'ledger: 1 secondary: no secondary: the node of n2/ledger is ended; the node of n3/ledger is ended; n4/ledger f',
    },
  ],
  'self-determining': [
    {
      events: [],
      placement: `
        .         n1       n2     n3
        address   primary  spare  spare
        database  spare    spare  spare`,
      missing:
        'database: 1 primary, 2 secondary: no component can be primary: n1/database says that it is nothing yet; n2/dat',
    },
  ],
  'spares-ranked': [
    {
      events: [],
      placement: `
        .        n1         n2     n3       n4     n5
        billing  secondary  spare  primary  spare  -`,
    },
    {
      events: ['end node:n3'],
      placement: `
        .        n1       n2         n3     n4     n5
                 .        .          ended  .      .
        billing  primary  secondary  -      spare  -`,
    },
    {
      events: ['end node:n1'],
      placement: `
        .        n1     n2       n3     n4         n5
                 ended  .        ended  .          .
        billing  -      primary  -      secondary  -`,
    },
    {
      events: ['return node:n3'],
      placement: `
        .        n1     n2         n3       n4     n5
                 ended  .          .        .      .
        billing  -      secondary  primary  spare  -`,
    },
  ],
}
