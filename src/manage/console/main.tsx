/** The console: a page that every node serves from inside its binary. */
import { render } from 'preact'
import { app } from './app.ts'
import { listenToDrops } from './parts/drop.ts'
import { listenToKeys } from './parts/keys.ts'
import { applyTheme } from './parts/theme.ts'
import { startPlaying } from './play.ts'
import { Page } from './views/Page.tsx'

applyTheme()
render(<Page />, document.getElementById('page')!)
listenToKeys()
listenToDrops()
startPlaying()
void app.controller.start()
