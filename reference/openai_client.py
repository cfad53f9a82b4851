"""Asks a running server through OpenAI's own client for Python: whole and streamed chats, responses, embeddings, a document.

    ./fovea serve &
    .venv/bin/python openai_client.py http://127.0.0.1:8080/v1

Prints one line for each kind of call, and fails at the first that is not answered as it should be.
"""

import base64
import math
import pathlib
import sys

import openai

IMAGES = pathlib.Path(__file__).parent.parent / "docs" / "images"
QUESTION = "What is written on the sign?"
ANSWER = "STOP"
FOVEA = {"technique": "hiprune", "budget": 64, "attention": True}


def data_url(kind, name):
    return f"data:{kind};base64,{base64.b64encode((IMAGES / name).read_bytes()).decode()}"


def require(what, actual, expected):
    if actual != expected:
        sys.exit(f"{what}: {actual!r} instead of {expected!r}")
    print(f"{what}: {actual!r}")


def chats(client):
    messages = [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": data_url("image/png", "scene.png")}},
        {"type": "text", "text": QUESTION}]}]
    whole = client.chat.completions.create(model="peek", messages=messages, extra_body={"fovea": FOVEA})
    require("chat", whole.choices[0].message.content, ANSWER)
    require("chat, visual tokens kept", whole.usage.model_extra["visual_tokens"]["kept"], 64)
    require("chat, tokens with their attention", len(whole.model_extra["fovea"]["attention"]), whole.usage.completion_tokens)
    stream = client.chat.completions.create(
        model="peek", messages=messages, stream=True, stream_options={"include_usage": True})
    chunks = list(stream)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    require("chat, streamed", text, ANSWER)
    require("chat, streamed, tokens of the answer", chunks[-1].usage.completion_tokens, 1)
    document = [{"role": "user", "content": [
        {"type": "file", "file": {"filename": "pages.pdf", "file_data": data_url("application/pdf", "pages.pdf")}},
        {"type": "text", "text": QUESTION}]}]
    page = client.chat.completions.create(model="peek", messages=document, extra_body={"fovea": {"pages": "2"}})
    require("chat about a document", page.choices[0].message.content, ANSWER)


def responses(client):
    asked = [{"role": "user", "content": [
        {"type": "input_image", "image_url": data_url("image/png", "scene.png"), "detail": "auto"},
        {"type": "input_text", "text": QUESTION}]}]
    require("response", client.responses.create(model="peek", input=asked).output_text, ANSWER)
    events = list(client.responses.create(model="peek", input=asked, stream=True))
    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    require("response, streamed", text, ANSWER)
    require("response, streamed, last event", events[-1].type, "response.completed")


def embeddings(client):
    made = client.embeddings.create(model="peek/clip", input=["a red circle", "a blue star"])
    require("embeddings", len(made.data), 2)
    lengths = [math.sqrt(sum(x * x for x in one.embedding)) for one in made.data]
    require("embeddings, their lengths", [round(length, 4) for length in lengths], [1.0, 1.0])


def errors(client):
    try:
        client.chat.completions.create(model="peek", messages=[], max_tokens=5)
    except openai.BadRequestError as e:
        require("error", e.param, "messages")
    else:
        sys.exit("an empty conversation was answered")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    client = openai.OpenAI(base_url=sys.argv[1], api_key="none needed", max_retries=0)
    print(f"openai {openai.__version__}; models: {[model.id for model in client.models.list()]}")
    for check in (chats, responses, embeddings, errors):
        check(client)


if __name__ == "__main__":
    main()
