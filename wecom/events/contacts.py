"""Facts: changes of the address book. They come to whoever holds its secret, from the member `sys`.

Source: https://developer.work.weixin.qq.com/document/path/90970 (members), 90971 (departments), 90972 (tags)
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from .base import NAME_BYTES, USERID_BYTES, Event, Tag, Whole, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeContact(Event):
    """What all of them have in common; change_type tells them apart."""

    NAME: ClassVar[str] = "change_contact"

    change_type: Annotated[str, Tag("ChangeType", NAME_BYTES)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChange(ChangeContact):
    """changed_userid is the member that it is about; `userid` is `sys`."""

    changed_userid: Annotated[str, Tag("UserID", USERID_BYTES)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDetails(MemberChange):
    """What is known of the member. Fields that did not change, or must not be seen, are empty.

    departments, is_leader_in_dept  department ids, and for each of them 1 where the member leads it
    direct_leader                   user ids
    status                          1 active, 2 disabled, 4 not active yet, 5 left
    """

    member_name: Annotated[str, Tag("Name")] = ""
    departments: Annotated[tuple[str, ...], Words("Department")] = ()
    main_department: Annotated[int | None, Whole("MainDepartment")] = None
    is_leader_in_dept: Annotated[tuple[str, ...], Words("IsLeaderInDept")] = ()
    direct_leader: Annotated[tuple[str, ...], Words("DirectLeader")] = ()
    position: Annotated[str, Tag("Position")] = ""
    mobile: Annotated[str, Tag("Mobile")] = ""
    gender: Annotated[str, Tag("Gender")] = ""
    email: Annotated[str, Tag("Email")] = ""
    biz_mail: Annotated[str, Tag("BizMail")] = ""
    status: Annotated[int | None, Whole("Status")] = None
    avatar: Annotated[str, Tag("Avatar")] = ""
    alias: Annotated[str, Tag("Alias")] = ""
    telephone: Annotated[str, Tag("Telephone")] = ""
    address: Annotated[str, Tag("Address")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateUser(MemberDetails):
    """A member was added."""

    CHANGE_TYPE: ClassVar[str] = "create_user"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateUser(MemberDetails):
    """A member changed; new_userid is filled where the user id did."""

    CHANGE_TYPE: ClassVar[str] = "update_user"

    new_userid: Annotated[str, Tag("NewUserID", USERID_BYTES)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteUser(MemberChange):
    """A member was removed."""

    CHANGE_TYPE: ClassVar[str] = "delete_user"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteParty(ChangeContact):
    """A department was removed."""

    CHANGE_TYPE: ClassVar[str] = "delete_party"

    party_id: Annotated[int | None, Whole("Id")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateParty(ChangeContact):
    """A department was added."""

    CHANGE_TYPE: ClassVar[str] = "create_party"

    party_id: Annotated[int | None, Whole("Id")] = None
    party_name: Annotated[str, Tag("Name")] = ""
    parent_id: Annotated[int | None, Whole("ParentId")] = None
    order: Annotated[int | None, Whole("Order")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateParty(ChangeContact):
    """A department changed its name or its place."""

    CHANGE_TYPE: ClassVar[str] = "update_party"

    party_id: Annotated[int | None, Whole("Id")] = None
    party_name: Annotated[str, Tag("Name")] = ""
    parent_id: Annotated[int | None, Whole("ParentId")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateTag(ChangeContact):
    """A tag has other members or departments."""

    CHANGE_TYPE: ClassVar[str] = "update_tag"

    tag_id: Annotated[int | None, Whole("TagId")] = None
    added_userids: Annotated[tuple[str, ...], Words("AddUserItems")] = ()
    removed_userids: Annotated[tuple[str, ...], Words("DelUserItems")] = ()
    added_parties: Annotated[tuple[str, ...], Words("AddPartyItems")] = ()
    removed_parties: Annotated[tuple[str, ...], Words("DelPartyItems")] = ()


KINDS: tuple[type[Event], ...] = (
    CreateUser,
    UpdateUser,
    DeleteUser,
    CreateParty,
    UpdateParty,
    DeleteParty,
    UpdateTag,
)
