/** The facts of a node, an assignment or a component. */
import type { ComponentChildren } from 'preact'
import { linkTo } from '../../app.ts'
import { useSelect } from '../../parts/hooks.ts'
import { RoleMark } from '../../parts/RoleMark.tsx'
import { shown } from '../../state/select.ts'
import type { AssignmentShown, NodeShown, PlaceShown, Shown } from '../../state/shown.ts'
import { toneOf } from '../cluster/Nodes.tsx'

export function About({ of }: { of: string }) {
  const now = useSelect(shown)
  if (of.startsWith('node:')) return <AboutNode node={now.nodes.find(({ name }) => name === of.slice(5))} now={now} />
  if (of.startsWith('assignment:')) {
    return <AboutAssignment assignment={now.assignments.find(({ name }) => name === of.slice(11))} />
  }
  return <AboutComponent component={of} now={now} />
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

const gone = <p class="nothing">It is not there at this moment.</p>

function AboutNode({ node, now }: { node: NodeShown | undefined; now: Shown }) {
  if (!node) return gone
  const places = now.assignments.flatMap(({ name, places: of }) =>
    (of.get(node.name) ?? []).map((place) => ({ name, place })),
  )
  return (
    <>
      <dl class="facts is-column">
        <Fact name="Availability">
          <i class={`dot is-${toneOf(node.availability)}`} /> {node.availability}
        </Fact>
        {node.setting && <Fact name="Set">{node.setting}</Fact>}
        <Fact name="Mastership">{node.mastership}</Fact>
        {node.vote && <Fact name="Vote">{node.vote}</Fact>}
        {node.rank !== null && <Fact name="Rank">{node.rank}</Fact>}
        {node.life !== null && <Fact name="Life">{node.life}</Fact>}
        {node.links.map(({ address, isUp }) => (
          <Fact key={address} name="Link">
            <span class={isUp ? '' : 'bad'}>
              {address} {isUp ? 'up' : 'down'}
            </span>
          </Fact>
        ))}
      </dl>
      <p class="drawer-links">
        <a {...linkTo({ view: 'machines', subject: null, filter: `${node.name} `, of: null })}>Its machines</a>
        <a {...linkTo({ view: 'whatif', subject: null, events: [`fail:node:${node.name}`], of: null })}>
          What if it fails?
        </a>
      </p>
      <Places places={places.map(({ name, place }) => ({ key: place.component, text: name, place }))} />
    </>
  )
}

function AboutAssignment({ assignment }: { assignment: AssignmentShown | undefined }) {
  if (!assignment) return gone
  const places = [...assignment.places.values()].flat()
  return (
    <>
      <dl class="facts is-column">
        <Fact name="Health">
          <span class={`health-text is-${assignment.health}`}>{assignment.health}</span>
        </Fact>
        {assignment.reason && <Fact name="Because">{assignment.reason}</Fact>}
        {assignment.redundancy && <Fact name="Redundancy">{assignment.redundancy}</Fact>}
        {assignment.endpoint && (
          <Fact name="Endpoint">
            <code>{assignment.endpoint}</code>
          </Fact>
        )}
      </dl>
      <Places places={places.map((place) => ({ key: place.component, text: place.component, place }))} />
    </>
  )
}

function AboutComponent({ component, now }: { component: string; now: Shown }) {
  const assignment = now.assignments.find(({ places }) =>
    [...places.values()].some((of) => of.some((place) => place.component === component)),
  )
  const place = [...(assignment?.places.values() ?? [])].flat().find((one) => one.component === component)
  if (!assignment || !place) return gone
  return (
    <>
      <dl class="facts is-column">
        <Fact name="Role">
          <RoleMark role={place.role} phase={place.phase} mark={place.mark} /> {place.role}
        </Fact>
        <Fact name="Phase">{place.phase}</Fact>
        {place.intended && <Fact name="To be">{place.intended}</Fact>}
        {place.mark && <Fact name="Is">{place.mark}</Fact>}
        {place.note && <Fact name="Failure">{place.note}</Fact>}
        <Fact name="Assignment">
          <a {...linkTo({ of: `assignment:${assignment.name}` })}>{assignment.name}</a>
        </Fact>
        <Fact name="Node">
          <a {...linkTo({ of: `node:${place.node}` })}>{place.node}</a>
        </Fact>
      </dl>
      <p class="drawer-links">
        <a {...linkTo({ view: 'machines', subject: `${place.node}/component/${component}`, of: null })}>Its machine</a>
        <a {...linkTo({ view: 'whatif', subject: null, events: [`fail:${component}`], of: null })}>What if it fails?</a>
      </p>
    </>
  )
}

/** Of a node that has very many, the first. */
const placeCountMax = 60

function Places({ places }: { places: readonly { key: string; text: string; place: PlaceShown }[] }) {
  if (places.length === 0) return null
  return (
    <ul class="drawer-places">
      {places.slice(0, placeCountMax).map(({ key, text, place }) => (
        <li key={key}>
          <a {...linkTo({ of: place.component })}>
            <RoleMark role={place.role} phase={place.phase} mark={place.mark} />
            <span>{text}</span>
            <small>{place.phase}</small>
          </a>
        </li>
      ))}
      {places.length > placeCountMax && <li class="nothing">and {places.length - placeCountMax} more</li>}
    </ul>
  )
}
