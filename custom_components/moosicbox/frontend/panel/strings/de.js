/** The texts in German. */
/** @type {typeof import("./en.js").default} */
export default {
  title: "MoosicBox",
  menu: "Menü öffnen",

  setup_title: "Auf diesem Gerät abspielen",
  setup_text:
    "Mach diesen Browser zum Player. Home Assistant kann dann Musik auf ihm abspielen wie auf jedem anderen Lautsprecher.",
  setup_name: "Name dieses Players",
  setup_button: "Auf diesem Gerät abspielen",
  setup_starting: "Startet …",
  default_name: "{browser} auf {platform}",
  default_browser: "Browser",

  this_device: "Dieses Gerät",
  entity: "In Home Assistant: {entity}",
  entity_pending: "Home Assistant legt den Player an …",
  stop_being_player: "Nicht mehr Player sein",
  delay: "Verzögerung der Lautsprecher",
  delay_text:
    "Bluetooth und manche Verstärker klingen später, als sie sollten. Sag, um wie viel, und dieses Gerät spielt um so viel früher. Das zählt, wenn mehrere Player zusammen spielen.",
  delay_label: "Millisekunden",

  nothing_plays: "Es läuft nichts",
  nothing_plays_here:
    "Es läuft nichts. Wähle Musik auf der Medienseite von Home Assistant, oder spiele sie mit einer Aktion auf {name}.",
  open_media: "Medienseite öffnen",
  unknown_title: "Unbekannter Titel",
  live: "Live",
  state_buffering: "Lädt …",
  state_unavailable: "Nicht verbunden",

  other_players: "Andere Player",
  players: "Player",
  no_other_players:
    "Noch keine anderen Player. Öffne diese Seite auf einem weiteren Handy, Tablet oder Computer, um es zu einem zu machen.",

  play: "Abspielen",
  pause: "Pause",
  stop: "Stopp",
  next: "Weiter",
  previous: "Zurück",
  mute: "Stumm schalten",
  unmute: "Ton einschalten",
  volume: "Lautstärke",
  seek: "Position",
  seek_value: "{position} von {duration}",
  controls_of: "Bedienung von {name}",

  allow_sound_title: "Noch einmal tippen",
  allow_sound_text: "Der Browser lässt Ton erst zu, nachdem du die Seite berührt hast. Tippe oder klicke irgendwohin.",
  allow_sound_button: "Ton erlauben",
  elsewhere_title: "Dieser Browser spielt schon in einem anderen Tab",
  elsewhere_text: "Von einem Browser spielt immer nur ein Tab.",
  elsewhere_button: "Stattdessen hier abspielen",
  retry: "Noch einmal versuchen",
  reload: "Seite neu laden",

  connecting: "Verbindet mit Home Assistant …",
  offline_title: "Keine Verbindung zu Home Assistant",
  offline_text:
    "Es wird von selbst weiter versucht. Prüfe, ob Home Assistant läuft und dieses Gerät im Netz ist.",
  stopped_login_title: "Home Assistant hat die Anmeldung abgelehnt",
  stopped_login_text: "Melde dich ab und wieder an, dann öffne diese Seite.",
  stopped_denied_title: "Dieser Browser darf kein Player sein",
  stopped_denied_text:
    "Deinem Benutzer fehlt das Recht, oder der Player gehört einem anderen Benutzer. Frage einen Administrator.",
  stopped_removed_title: "Ein Administrator hat diesen Browser getrennt",
  stopped_removed_text: "Versuche es noch einmal, oder frage nach dem Grund.",
  stopped_version_title: "Diese Seite ist veraltet",
  stopped_version_text: "Der Hub spricht ein neueres Protokoll. Lade die Seite neu.",
  stopped_title: "Der Hub hat die Verbindung beendet",
  stopped_text: "Versuche es noch einmal. Passiert es wieder, sieh ins Protokoll von Home Assistant.",

  fault_unreachable:
    "Dieses Stück ist nicht erreichbar. Prüfe das Netz und die Adresse; eine Seite, die mit https:// geöffnet ist, holt nichts von http://-Adressen.",
  fault_not_found: "Dieses Stück ist weg oder darf nicht mehr geöffnet werden. Spiele es neu ab.",
  fault_unsupported: "Dieser Browser kann dieses Stück nicht abspielen: Er kennt das Format nicht, oder unter der Adresse ist keine Musik.",

  error_connection: "Das kam nicht an: Es besteht gerade keine Verbindung.",
  error_timeout: "Home Assistant hat nicht rechtzeitig geantwortet. Versuche es noch einmal.",
  error_permission_denied: "Das darfst du nicht. Bitte einen Administrator um das Recht.",
  error_player_not_found: "Diesen Player gibt es nicht mehr.",
  error_unavailable: "Der Player kann das gerade nicht. Ist er eingeschaltet und verbunden?",
  error_queue_item_not_found: "In der Warteschlange ist nichts, das abgespielt werden könnte.",
  error_not_supported: "Das kann der Player nicht.",
  error_rate_limit_exceeded: "Zu schnell. Warte einen Moment und versuche es noch einmal.",
  error_other: "Das hat nicht geklappt: {message}",
};
