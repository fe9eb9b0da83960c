"""Another device joins, and goes on with a photograph."""

from fastapi import APIRouter, Request

from tintype.web.described import TAKES_JSON, V1, Id, problems
from tintype.web.forms import HandoverForm, PairingForm, SessionForm
from tintype.web.guard import LOCAL, name_of
from tintype.web.pairing import CODE_SECONDS, draw_code
from tintype.web.problems import UnreachableError
from tintype.web.service import Here

router = APIRouter(prefix=f"{V1}/pairings", tags=["service"])


@router.post("", status_code=201, responses=problems(*TAKES_JSON, 409))
async def pair(request: Request, here: Here, form: HandoverForm) -> PairingForm:
    """A link, good once, with which another device uses this service, and goes on with a photograph
    if one is named."""
    if form.photo is not None:
        here.files.get(form.photo).check_page(form.page)
    host = request.headers.get("host", "")
    if name_of(host) not in LOCAL:
        address: str | None = f"{request.url.scheme}://{host}/"
    else:
        address = here.pairings.public
    if address is None:
        raise UnreachableError(
            "other devices cannot reach Tintype here; start it with: tintype serve --lan"
        )
    link = here.pairings.offer(address, form)
    return PairingForm(link=link, picture=draw_code(link), seconds=CODE_SECONDS)


@router.post("/{id}", responses=problems(403, 404, always=(400, 405, 422, 500)))
async def join(here: Here, id: Id) -> SessionForm:
    """Use a link's code: what this device needs from now on."""
    handover = here.pairings.redeem(id)
    opened = None if handover.photo is None else here.files.shelf.get(handover.photo)
    return SessionForm(
        token=here.token,
        photo=opened.id if opened else None,
        name=opened.name if opened else None,
        page=handover.page,
        guidance=handover.guidance,
        model=handover.model,
        recolor=handover.recolor,
    )
