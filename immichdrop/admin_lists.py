"""What lists in the admin have in common: export, history that nobody rewrites, lists too long to be counted."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from immichdrop import csv_export
from immichdrop.csv_export import Cell, Row
from immichdrop.models import ImmichAccount

BLOCK = 1000  # rows of an export that are read at once
MOST_COUNTED = 10_000  # rows
Columns = dict[str, Callable[[Any], Cell]]


class ExportAdmin(admin.ModelAdmin):
    """A list with the action `export`, for whoever may view it."""

    export_columns: ClassVar[Columns]  # what to write of a row, by its heading

    @admin.action(description=_("Export as CSV"), permissions=["view"])
    def export(self, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
        name = f"{self.opts.model_name}-{localdate():%Y-%m-%d}.csv"
        return csv_export.attachment(name, list(self.export_columns), self._blocks(queryset))

    def _blocks(self, queryset: QuerySet[Any]) -> Iterator[list[Row]]:
        """By primary key, each block a query of its own: an open cursor would hold SQLite's log for as long as the
        browser takes."""
        ordered = queryset.order_by("pk")
        found = list(ordered[:BLOCK])
        while found:
            yield [[read(row) for read in self.export_columns.values()] for row in found]
            found = list(ordered.filter(pk__gt=found[-1].pk)[:BLOCK])


class MadeAdmin(ExportAdmin):
    """Rows that the product makes by itself. Who has the right may delete them."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class HistoryAdmin(MadeAdmin):
    """What happened is not edited, and not taken back."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class UncountedPaginator(Paginator):
    """Pages of a table that may have millions of rows: counts no further than `MOST_COUNTED`, and ends there."""

    def __init__(self, rows: QuerySet[Any], *arguments: Any, **options: Any) -> None:
        super().__init__(rows, *arguments, **options)
        self.rows = rows

    @cached_property
    def _counted(self) -> int:
        return int(self.rows.order_by()[: MOST_COUNTED + 1].count())

    @property
    def count(self) -> int:
        return min(self._counted, MOST_COUNTED)

    @property
    def more(self) -> bool:
        """Whether there are rows behind the last page."""
        return self._counted > MOST_COUNTED


class UncountedList(ChangeList):
    """A list that does not say how many rows there are beside those that were found."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


class LongListAdmin(admin.ModelAdmin):
    """Rows that may be millions: nobody sorts them, and they are counted no further than the pages go."""

    sortable_by = ()
    paginator = UncountedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_changelist(self, request: HttpRequest, **options: object) -> type[UncountedList]:
        return UncountedList


class AccountFilter(admin.SimpleListFilter):
    """By Immich account, with all owners in one query."""

    title = _("account")
    parameter_name = "account"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        accounts = ImmichAccount.objects.select_related("owner").order_by("pk")
        return [(str(account.pk), str(account)) for account in accounts]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(account=int(value)) if value and value.isdecimal() else queryset


def shortened(text: str, most: int = 60) -> str:
    """At most so many characters; all of them as a tooltip."""
    return format_html('<span title="{}">{}</span>', text, Truncator(text).chars(most)) if len(text) > most else text
