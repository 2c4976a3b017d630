"""南阳市人民政府 (411300)."""

from crawler.portals.spider import PortalSpider


class NanyangSpider(PortalSpider):
    name = "nanyang"
    body = "南阳市人民政府"
    division_code = "411300"
    addresses = ("http://www.nanyang.gov.cn/",)
