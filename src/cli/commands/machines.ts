import { writeFileSync } from 'node:fs'
import { drawnMachine, drawnMachines } from '../../charts/index.ts'
import type { DrawnMachine } from '../../charts/layout.ts'
import { mermaidOf } from '../../charts/mermaid.ts'
import { regionsOf } from '../../charts/model.ts'
import { svgOf } from '../../charts/svg.ts'
import { suggestionFor } from '../../configuration/nearest.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exitCodes.ts'
import { CliFailure } from '../failure.ts'
import type { MachinesFlags } from '../machines.ts'
import { renderMachine, renderMachines } from '../render/machines.ts'
import { createStyle, hasColour, type Style } from '../render/style.ts'

export default async function machines(this: CliContext, flags: MachinesFlags, name?: string): Promise<void> {
  const format = formatOf(flags)
  const { stdout, env } = this.process
  const style = createStyle(flags.output === undefined && hasColour(stdout, env))
  const text = name === undefined ? listed(flags, format, style) : shown(named(name), { flags, format, style })
  if (flags.output === undefined) stdout.write(text)
  else write(flags.output, text)
}

type Format = NonNullable<MachinesFlags['format']>

function formatOf({ format, json, state }: MachinesFlags): Format {
  if (json && format !== undefined && format !== 'json')
    throw new CliFailure(exitCodes.usage, `--json and --format ${format} do not go together`)
  const asked = format ?? (json ? 'json' : 'text')
  if (state !== undefined && asked !== 'text' && asked !== 'svg')
    throw new CliFailure(exitCodes.usage, `--state and --format ${asked} do not go together: text and svg can show it`)
  return asked
}

function listed({ state }: MachinesFlags, format: Format, style: Style): string {
  if (state !== undefined) throw new CliFailure(exitCodes.usage, '--state needs the name of a machine')
  if (format === 'text') return textOf(renderMachines(drawnMachines, style))
  if (format !== 'json') throw new CliFailure(exitCodes.usage, `--format ${format} needs the name of a machine`)
  const machines = drawnMachines.map(({ chart: { name, version, purpose, initial, states, transitions } }) => ({
    name,
    version,
    purpose,
    initial,
    states: states.map(({ path }) => path),
    transitionCount: transitions.length,
  }))
  return `${JSON.stringify({ machines })}\n`
}

function named(name: string): DrawnMachine {
  const found = drawnMachine(name)
  if (found) return found
  const names = drawnMachines.map(({ chart }) => chart.name)
  throw new CliFailure(exitCodes.noSuch, `there is no machine '${name}'`, suggestionFor(name, names))
}

function shown(machine: DrawnMachine, of: { flags: MachinesFlags; format: Format; style: Style }): string {
  const { format, style } = of
  const { chart, layout } = machine
  const state = of.flags.state
  if (state !== undefined) refuseUnknown(machine, state)
  if (format === 'svg') return svgOf(machine, state === undefined ? {} : { state })
  if (format === 'mermaid') return mermaidOf(chart)
  if (format === 'json') return `${JSON.stringify({ ...chart, layout })}\n`
  return textOf(renderMachine(chart, { state: state ?? null, style }))
}

/** Of a machine that is in several states at once, each is a state. */
function refuseUnknown({ chart }: DrawnMachine, state: string): void {
  const paths = chart.states.map(({ path }) => path)
  const unknown = regionsOf(state).find((path) => !paths.includes(path))
  if (unknown === undefined) return
  throw new CliFailure(exitCodes.noSuch, `${chart.name} has no state '${unknown}'`, suggestionFor(unknown, paths))
}

const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new CliFailure(exitCodes.failed, `cannot write ${file}: ${error instanceof Error ? error.message : error}`)
  }
}
