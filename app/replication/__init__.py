"""How do the machines of one school come to hold the same data?

card -> admission (a machine joins) ; outgoing -> a sealed parcel -> incoming (work goes round).
The model and why it converges: `resources/docs/handover.md`.
"""
