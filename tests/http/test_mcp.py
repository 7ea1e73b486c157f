"""The tools, by a real session over standard input and output."""

import asyncio
import sys
from contextlib import asynccontextmanager

import pytest

from process import environment
from shop import call
from tastemaker.core import MissingExtra
from tastemaker.http.mcp import McpRequest, serve_tools

pytest.importorskip("mcp")
NAMES = ["recommend", "search", "similar", "explain"]


@asynccontextmanager
async def session(log, *options, **variables):
    from mcp import ClientSession, StdioServerParameters, stdio_client

    asked = StdioServerParameters(
        command=sys.executable, args=["-m", "tastemaker", "mcp", *map(str, options)], env=environment(**variables)
    )
    async with stdio_client(asked, errlog=log) as (read, write), ClientSession(read, write) as made:
        await made.initialize()
        yield made


def run(tmp_path, work, *options, **variables):
    async def all_of_it():
        with (tmp_path / "log").open("w") as log:
            async with session(log, *options, **variables) as made:
                return await work(made)

    return asyncio.run(all_of_it())


async def asked(made, name, **arguments):
    answer = await made.call_tool(name, arguments)
    assert not answer.is_error, answer.content
    return answer.structured_content.get("result", answer.structured_content)


def test_the_tools_of_a_running_service(server, tmp_path):
    async def work(made):
        tools = (await made.list_tools()).tools
        assert [tool.name for tool in tools] == NAMES
        assert all(tool.description for tool in tools)
        assert "user" in tools[0].input_schema["properties"]
        found = await asked(made, "recommend", user="u1", k=3)
        assert len(found) == 3
        assert found[0]["reason"]
        visitor = await asked(made, "recommend", liked=["i0", "i3"], k=3, filter="price < 25")
        assert [int(one["item"][1:]) % 3 for one in visitor].count(0) >= 2
        like = await asked(made, "similar", item="i0", k=2)
        assert [int(one["item"][1:]) % 3 for one in like] == [0, 0]
        words = await asked(made, "search", text="comet telescope orbit", k=2)
        assert [int(one["item"][1:]) % 3 for one in words] == [2, 2]
        why = await asked(made, "explain", user="u1", item=found[0]["item"])
        assert why["recommended"]
        assert why["reason"] == found[0]["reason"]
        had = await asked(made, "explain", user="u1", item="unheard")
        assert had["recommended"] is False
        wrong = await made.call_tool("similar", {"item": "unheard"})
        assert wrong.is_error
        assert "no item 'unheard'" in wrong.content[0].text

    run(tmp_path, work, "--url", server.url, TASTEMAKER_KEY=server.key)


def test_the_tools_of_a_saved_pipeline(wordless, tmp_path):
    async def work(made):
        return await asked(made, "recommend", user="u1", k=3)

    assert len(run(tmp_path, work, wordless, "--home", tmp_path / "home")) == 3
    assert not (tmp_path / "home" / "key").exists()


def test_what_is_missing_is_told(capsys, monkeypatch, server):
    monkeypatch.delenv("TASTEMAKER_KEY", raising=False)
    for words in (["mcp"], ["mcp", "shop.tm", "--url", server.url], ["mcp", "--url", server.url]):
        code, _, err = call(capsys, *words)
        assert code == 2
        assert err.startswith("error: ")
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    with pytest.raises(MissingExtra, match=r"tastemaker\[mcp\]"):
        serve_tools(McpRequest(url=server.url, key=server.key))
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingExtra, match=r"tastemaker\[client\]"):
        serve_tools(McpRequest(url=server.url, key=server.key))
