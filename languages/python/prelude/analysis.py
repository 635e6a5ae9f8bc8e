"""What is known of an action without running it."""


def analyse(work):
    module = work["modules"][work["entry"]]
    compile(module["source"], module["file"], "exec", dont_inherit=True)
    return {"ok": True}
