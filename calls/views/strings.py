"""Words that the pages' scripts put together. What can stand in a template stands there."""

from __future__ import annotations

from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Strings: TypeAlias = dict[str, str | Promise]

SHARED: Strings = {
    "mine": _("Me"),
    "agent": _("Agent"),
    "customer": _("Customer"),
    "masked": _("masked word"),
    "gap": _("No caption here: these words will be in the transcript."),
    "kindOther": _("personal data"),
    "kind_rrn": _("resident registration number"),
    "kind_frn": _("foreigner registration number"),
    "kind_phone": _("phone number"),
    "kind_card": _("card number"),
    "kind_account": _("account number"),
    "kind_business": _("business registration number"),
    "kind_passport": _("passport number"),
    "kind_licence": _("driver's licence number"),
    "kind_email": _("e-mail address"),
    "kind_address": _("address"),
    "mute": _("My sound"),
    "muted": _("My sound is off"),
    "qualityGood": _("good"),
    "qualityFair": _("fair"),
    "qualityPoor": _("poor"),
    "qualityLost": _("lost"),
}

CALL: Strings = {
    **SHARED,
    "position": _("{count} ahead of you"),
    "next": _("You are next"),
    "minutes": _("about {minutes} min"),
    "soon": _("under 1 min"),
    "unknown": _("not known yet"),
    "agentName": _("Agent {name}"),
    "agentUnnamed": _("Your agent"),
    "talkedMinutes": _("You talked with {name} for {minutes} min {seconds} s."),
    "talkedSeconds": _("You talked with {name} for {seconds} s."),
    "titleQueue": _("{count} ahead · waiting"),
    "titleNext": _("Next · waiting"),
    "linkGood": _("Good connection"),
    "linkFair": _("Fair connection"),
    "linkPoor": _("Weak connection"),
    "linkLost": _("No connection"),
    "failedAbandoned": _("You left the queue. Your number is free for someone else."),
    "failedNotConnected": _("An agent answered, but no sound came through. It may be your network."),
    "failedDisconnected": _("Your page could not be reached for a while, so your place was given on."),
    "failedOther": _("The call was closed before you could talk."),
}

DESK: Strings = {
    **SHARED,
    "ready": _("Ready for calls"),
    "away": _("Away"),
    "offline": _("Off duty"),
    "talking": _("On a call"),
    "ringing": _("Call offer"),
    "unnamed": _("No name given"),
    "guest": _("Guest"),
    "korean": _("Korean"),
    "english": _("English"),
    "firstCall": _("First call"),
    "earlierCalls": _("{count} earlier calls"),
    "waited": _("Waited {time}"),
    "secondsLeft": _("{seconds} s left"),
    "passesOn": _("goes to the next agent in {seconds} s"),
    "titleRinging": _("Call from {name}"),
    "offerGone": _("Another agent has taken the call."),
    "offerExpired": _("The offer ran out and went to the next agent."),
    "offerWithdrawn": _("The customer has left, or the call went elsewhere."),
    "failed": _("That did not work. Please try again."),
    "talkedFor": _("Call {time}"),
    "notConnected": _("The call could not be connected."),
    "roundTrip": _("Round trip {ms} ms, loss {loss} %"),
    "customerLevel": _("Customer's sound level {percent} %"),
    "myLevel": _("My sound level {percent} %"),
    "micDenied": _(
        "This browser blocks the microphone. Allow it beside the address, then press the button again."
    ),
    "micMissing": _("No microphone was found. Connect a headset, then press the button again."),
    "micBusy": _("Another program is using the microphone. Close it, then press the button again."),
    "micInsecure": _("The microphone needs an https address. Ask the administrator."),
}
