"""Forms of accounts."""

from django import forms


class TokenForm(forms.Form):
    """What a new API token is for."""

    name = forms.CharField(
        label="What is it for?",
        max_length=100,
        help_text="A name to recognise it by, such as “laptop” or “nightly evaluation”.",
    )
