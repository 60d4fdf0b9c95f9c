"""Two runs on the mini split, made through the run folder from baselines and hostile answers."""

from dataclasses import replace

from sama_bench import registry
from sama_bench.adapters.baselines import Static, Truth
from sama_bench.formats.prediction_line import Prediction, to_line
from sama_bench.nouns import Answer
from sama_bench.runfolder.folder import RunFolder, run_path
from sama_bench.runfolder.manifest import Manifest
from sama_bench.scoring.score import score_run, standard_tools

EVIL = "<script>window.hurt = 1</script><img src=x onerror='hurt=1'> <p> a <b>dog</b> </p> [SEG]"
SAMPLES = 58


def make_run(runs, model, benchmark="sama-bench-g", spoil=True):
    """Answer every sample with the truth, or with the held prompt for ``static``.

    With ``spoil`` the first four samples are hostile text, a refusal, a failure and missing.
    """
    dataset = registry.benchmark(benchmark).open(None, "mini", {})
    folder = RunFolder(run_path(runs, model, benchmark, "mini"))
    static, truth = Static(), Truth()
    with_masks = [e.id for e in dataset.entries if e.attributes["targets"]] or [
        entry.id for entry in dataset.entries
    ]
    evil, refused, failed, missing = with_masks[:4] if spoil else [None] * 4
    appender = folder.appender()
    for entry in dataset.entries:
        if entry.id == missing:
            continue
        if entry.id == failed:
            line = Prediction(entry.id, "failed", error="ValueError: <b>out of luck</b> \ud800")
        else:
            sample = dataset.sample(entry.id)
            if model == "static":
                answer = static.predict(sample)
            else:
                answer = truth.predict_knowing(sample, dataset.reference(entry.id, "strict"))
            if entry.id == evil:
                answer = replace(answer, text=EVIL)
            status = "answered"
            if entry.id == refused:
                answer, status = Answer(""), "refused"
            said = answer.to_json()
            segments = tuple(said["segments"])
            line = Prediction(entry.id, status, text=said["text"], segments=segments, seconds=0.1)
        appender.append(to_line(line))
    folder.write_manifest(
        Manifest.of(
            model=model,
            benchmark=benchmark,
            split="mini",
            history="independent",
            takes_tracks=model == "static",
            card={"prompt": "<i>mask</i>", "frames": "none"},
            data=dict(dataset.files),
        )
    )
    score_run(folder.path, tools=standard_tools(phrases="token-overlap", captions=False))
    return folder.path, {"evil": evil, "refused": refused, "failed": failed, "missing": missing}
