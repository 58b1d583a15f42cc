"""What other apps may hear of accounts. Both are sent inside the transaction of the withdrawal."""

from django.dispatch import Signal

withdrawing = Signal()
"""kwargs: user. A receiver may raise accounts.actions.WithdrawalRefused with a text for the person."""

withdrawn = Signal()
"""kwargs: user, already without a name. Receivers forget the person in their own rows."""
